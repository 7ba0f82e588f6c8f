DROP TABLE depots CASCADE;
ALTER TABLE vehicles DROP COLUMN depot_id;
ALTER TYPE licence RENAME TO licence_class;

BEGIN;
UPDATE vehicles SET depot_id = 1 WHERE depot_id IS NULL;
ALTER TABLE vehicles ALTER COLUMN depot_id SET NOT NULL;
COMMIT;

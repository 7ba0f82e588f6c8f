ALTER TABLE reactions DROP CONSTRAINT reactions_once;

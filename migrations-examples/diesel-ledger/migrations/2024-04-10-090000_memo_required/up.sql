UPDATE transfers SET memo = '' WHERE memo IS NULL;
ALTER TABLE transfers ALTER COLUMN memo SET NOT NULL;

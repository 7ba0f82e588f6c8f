-- +goose Up
-- The check lets SET NOT NULL pass without a scan under the strong lock.
ALTER TABLE patients ADD CONSTRAINT patients_phone_present CHECK (phone IS NOT NULL) NOT VALID;
ALTER TABLE patients VALIDATE CONSTRAINT patients_phone_present;
ALTER TABLE patients ALTER COLUMN phone SET NOT NULL;
ALTER TABLE patients DROP CONSTRAINT patients_phone_present;

-- +goose Down
ALTER TABLE patients ALTER COLUMN phone DROP NOT NULL;

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY appointments_patient_idx ON appointments (patient_id);
CREATE INDEX CONCURRENTLY appointments_practitioner_idx ON appointments (practitioner_id, starts_at);

-- +goose Down
DROP INDEX CONCURRENTLY appointments_practitioner_idx;
DROP INDEX CONCURRENTLY appointments_patient_idx;

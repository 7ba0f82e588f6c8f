-- +goose Up
ALTER TABLE appointments VALIDATE CONSTRAINT appointments_state_check;

-- +goose Down
SELECT 'a validated constraint stays valid';

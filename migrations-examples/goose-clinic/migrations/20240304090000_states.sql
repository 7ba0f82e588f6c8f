-- +goose Up
ALTER TABLE appointments
    ADD CONSTRAINT appointments_state_check CHECK (state IN ('booked', 'kept', 'missed', 'cancelled')) NOT VALID;

-- +goose Down
ALTER TABLE appointments DROP CONSTRAINT appointments_state_check;

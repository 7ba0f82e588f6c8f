-- +goose Up
CREATE TABLE appointments (
    id bigserial PRIMARY KEY,
    patient_id bigint NOT NULL REFERENCES patients (id),
    practitioner_id integer NOT NULL REFERENCES practitioners (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'booked',
    CHECK (ends_at > starts_at)
);

-- +goose Down
DROP TABLE appointments;

-- +goose Up
CREATE TABLE patients (
    id bigserial PRIMARY KEY,
    insurance_no varchar(20) NOT NULL UNIQUE,
    name text NOT NULL,
    born_on date NOT NULL,
    phone text
);

CREATE TABLE practitioners (
    id serial PRIMARY KEY,
    name text NOT NULL,
    specialty text NOT NULL DEFAULT 'general'
);

-- +goose Down
DROP TABLE practitioners;
DROP TABLE patients;

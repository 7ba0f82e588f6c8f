--liquibase formatted sql

--changeset ole:fines
CREATE TABLE fines (
    loan_id bigint PRIMARY KEY REFERENCES loans (id) ON DELETE CASCADE,
    cents integer NOT NULL CHECK (cents > 0),
    paid boolean NOT NULL DEFAULT false
);
--rollback DROP TABLE fines;

--changeset ole:overdue runOnChange:true splitStatements:false
CREATE OR REPLACE FUNCTION overdue(day date DEFAULT CURRENT_DATE) RETURNS SETOF loans
LANGUAGE sql STABLE AS $$
    SELECT * FROM loans WHERE returned_on IS NULL AND due_on < day;
$$;
--rollback DROP FUNCTION overdue(date);

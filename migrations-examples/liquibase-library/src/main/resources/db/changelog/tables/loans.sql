--liquibase formatted sql

--changeset mara:loans
CREATE TABLE loans (
    id bigserial PRIMARY KEY,
    copy_id integer NOT NULL REFERENCES copies (id),
    member_id integer NOT NULL REFERENCES members (id),
    lent_on date NOT NULL DEFAULT CURRENT_DATE,
    due_on date NOT NULL,
    returned_on date
);
--rollback DROP TABLE loans;

--changeset mara:loans-open runInTransaction:false
CREATE UNIQUE INDEX CONCURRENTLY loans_open_key ON loans (copy_id) WHERE returned_on IS NULL;
--rollback DROP INDEX CONCURRENTLY loans_open_key;

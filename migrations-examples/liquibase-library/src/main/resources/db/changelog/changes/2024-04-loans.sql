--liquibase formatted sql

--changeset ole:loans-period
ALTER TABLE loans ADD CONSTRAINT loans_period CHECK (due_on >= lent_on);
--rollback ALTER TABLE loans DROP CONSTRAINT loans_period;

--changeset ole:loans-copy-cascade
ALTER TABLE loans DROP CONSTRAINT loans_copy_id_fkey;
ALTER TABLE loans ADD CONSTRAINT loans_copy_id_fkey FOREIGN KEY (copy_id) REFERENCES copies (id) ON DELETE CASCADE NOT VALID;
--rollback ALTER TABLE loans DROP CONSTRAINT loans_copy_id_fkey;
--rollback ALTER TABLE loans
--rollback     ADD CONSTRAINT loans_copy_id_fkey FOREIGN KEY (copy_id) REFERENCES copies (id);

--changeset ole:members-card-text
ALTER TABLE members ALTER COLUMN card_no TYPE text;
--rollback ALTER TABLE members ALTER COLUMN card_no TYPE integer USING card_no::integer;

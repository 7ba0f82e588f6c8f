-- migrate:up
CREATE SEQUENCE ticket_number_seq START 10000;
ALTER TABLE tickets ADD COLUMN number text NOT NULL DEFAULT 'T' || nextval('ticket_number_seq');
ALTER SEQUENCE ticket_number_seq OWNED BY tickets.number;
GRANT USAGE ON SEQUENCE ticket_number_seq TO helpdesk_app;

-- migrate:down
ALTER TABLE tickets DROP COLUMN number;

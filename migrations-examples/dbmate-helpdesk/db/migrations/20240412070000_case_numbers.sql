-- migrate:up
ALTER SEQUENCE ticket_number_seq RENAME TO case_number_seq;
REVOKE DELETE ON comments FROM helpdesk_app;

-- migrate:down
GRANT DELETE ON comments TO helpdesk_app;
ALTER SEQUENCE case_number_seq RENAME TO ticket_number_seq;

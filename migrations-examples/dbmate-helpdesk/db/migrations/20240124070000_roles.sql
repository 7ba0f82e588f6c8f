-- migrate:up
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'helpdesk_app') THEN
        CREATE ROLE helpdesk_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'helpdesk_reports') THEN
        CREATE ROLE helpdesk_reports NOLOGIN;
    END IF;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON agents, tickets, comments TO helpdesk_app;
GRANT SELECT ON agents, tickets, comments TO helpdesk_reports;

-- migrate:down
REVOKE ALL ON agents, tickets, comments FROM helpdesk_app, helpdesk_reports;

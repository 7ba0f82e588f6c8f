-- migrate:up
-- Old code goes on with the view's column names until the next release.
ALTER TABLE tickets RENAME TO cases;
CREATE VIEW tickets AS SELECT * FROM cases;
GRANT SELECT, INSERT, UPDATE, DELETE ON tickets TO helpdesk_app;
GRANT SELECT ON tickets TO helpdesk_reports;

-- migrate:down
DROP VIEW tickets;
ALTER TABLE cases RENAME TO tickets;

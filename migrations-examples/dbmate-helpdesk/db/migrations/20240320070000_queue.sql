-- migrate:up
CREATE VIEW queue AS
SELECT t.id, t.subject, t.priority, t.opened_at, a.team
FROM tickets t LEFT JOIN agents a ON a.id = t.agent_id
WHERE t.closed_at IS NULL;
GRANT SELECT ON queue TO helpdesk_app, helpdesk_reports;

-- migrate:down
DROP VIEW queue;

-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY tickets_open_idx ON tickets (priority, opened_at) WHERE closed_at IS NULL;

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY tickets_open_idx;

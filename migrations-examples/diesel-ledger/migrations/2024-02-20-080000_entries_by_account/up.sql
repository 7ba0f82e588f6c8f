CREATE INDEX CONCURRENTLY entries_account_id_idx ON entries (account_id);

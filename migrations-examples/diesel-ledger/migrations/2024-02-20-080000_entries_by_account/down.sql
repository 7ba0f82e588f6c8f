DROP INDEX CONCURRENTLY entries_account_id_idx;

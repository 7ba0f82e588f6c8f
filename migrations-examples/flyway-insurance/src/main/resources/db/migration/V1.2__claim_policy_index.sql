CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_claim_policy ON claim (policy_id);

CREATE OR REPLACE FUNCTION total_paid(policy BIGINT) RETURNS NUMERIC LANGUAGE sql STABLE AS
$$ SELECT coalesce(sum(s.paid), 0) FROM settlement s JOIN claim c ON c.id = s.claim_id WHERE c.policy_id = policy $$;

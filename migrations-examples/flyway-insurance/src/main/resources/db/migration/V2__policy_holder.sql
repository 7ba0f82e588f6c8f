ALTER TABLE policy RENAME COLUMN customer_id TO holder_id;
ALTER TABLE policy DROP CONSTRAINT uq_policy_number;
ALTER TABLE policy ADD CONSTRAINT uq_policy_number UNIQUE (number, starts);

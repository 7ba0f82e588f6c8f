UPDATE claim SET state = 'CLOSED' WHERE state = 'PAID';
ALTER TABLE claim ALTER COLUMN state TYPE VARCHAR(6);
ALTER TABLE claim ADD CONSTRAINT ck_claim_state CHECK (state IN ('OPEN', 'CLOSED'));

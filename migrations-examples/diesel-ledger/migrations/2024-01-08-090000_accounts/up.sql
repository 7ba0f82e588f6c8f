CREATE TABLE accounts (
    id SERIAL PRIMARY KEY,
    number VARCHAR(34) NOT NULL,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'asset' CHECK (kind IN ('asset', 'liability', 'income', 'expense')),
    closed_on DATE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT accounts_number_key UNIQUE (number)
);
CREATE TRIGGER accounts_updated_at BEFORE UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_set_updated_at();

DROP FUNCTION IF EXISTS ledger_set_updated_at();

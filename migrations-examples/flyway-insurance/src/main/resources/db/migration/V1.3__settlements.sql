CREATE TABLE settlement (
    claim_id BIGINT PRIMARY KEY REFERENCES claim (id),
    paid NUMERIC(12, 2) NOT NULL CHECK (paid > 0),
    paid_on DATE NOT NULL
);

CREATE FUNCTION close_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claim SET state = 'PAID' WHERE id = NEW.claim_id;
    RETURN NEW;
END
$$;

CREATE TRIGGER trg_close_claim AFTER INSERT ON settlement
    FOR EACH ROW EXECUTE FUNCTION close_claim();

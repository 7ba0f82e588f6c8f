-- +goose Up
CREATE TABLE audit_log (
    id bigserial PRIMARY KEY,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    action text NOT NULL,
    old_row jsonb,
    at timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
CREATE FUNCTION audit() RETURNS trigger AS $body$
BEGIN
    INSERT INTO audit_log (table_name, row_id, action, old_row)
    VALUES (TG_TABLE_NAME, OLD.id, TG_OP, to_jsonb(OLD));
    RETURN COALESCE(NEW, OLD);
END;
$body$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER patients_audit BEFORE UPDATE OR DELETE ON patients
    FOR EACH ROW EXECUTE FUNCTION audit();

-- +goose Down
DROP TRIGGER patients_audit ON patients;
DROP FUNCTION audit();
DROP TABLE audit_log;

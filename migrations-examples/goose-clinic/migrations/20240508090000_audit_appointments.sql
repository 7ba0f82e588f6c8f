-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    audited text;
BEGIN
    FOREACH audited IN ARRAY ARRAY['appointments', 'practitioners'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION audit()',
            audited || '_audit', audited
        );
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE audit_log RENAME COLUMN at TO recorded_at;

-- +goose Down
ALTER TABLE audit_log RENAME COLUMN recorded_at TO at;
DROP TRIGGER practitioners_audit ON practitioners;
DROP TRIGGER appointments_audit ON appointments;

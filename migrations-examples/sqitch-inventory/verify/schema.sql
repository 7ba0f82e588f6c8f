-- Verify inventory:schema on pg

BEGIN;

SELECT pg_catalog.has_schema_privilege('inventory', 'usage');

ROLLBACK;

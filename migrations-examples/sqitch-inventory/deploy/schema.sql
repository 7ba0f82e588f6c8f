-- Deploy inventory:schema to pg

BEGIN;

CREATE SCHEMA inventory;

COMMIT;

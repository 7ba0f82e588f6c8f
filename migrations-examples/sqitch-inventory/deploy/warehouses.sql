-- Deploy inventory:warehouses to pg

BEGIN;

SET LOCAL search_path = inventory;

CREATE TABLE warehouses (
    code char(3) PRIMARY KEY,
    name text NOT NULL,
    country char(2) NOT NULL DEFAULT 'DE'
);

COMMIT;

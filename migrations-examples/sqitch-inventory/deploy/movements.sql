-- Deploy inventory:movements to pg

BEGIN;

CREATE TABLE inventory.movements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id integer NOT NULL REFERENCES inventory.items (id),
    warehouse char(3) NOT NULL REFERENCES inventory.warehouses (code),
    quantity integer NOT NULL CHECK (quantity <> 0),
    moved_at timestamptz NOT NULL DEFAULT now(),
    remark text
);

-- Movements are facts: they are never changed.
CREATE RULE movements_no_update AS ON UPDATE TO inventory.movements DO INSTEAD NOTHING;

COMMIT;

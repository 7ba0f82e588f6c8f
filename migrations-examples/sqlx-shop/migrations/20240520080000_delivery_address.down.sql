DROP INDEX orders_open_idx;
ALTER TABLE orders DROP COLUMN gift;
ALTER TABLE orders DROP COLUMN delivery_address;

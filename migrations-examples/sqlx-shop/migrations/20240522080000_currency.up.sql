ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL;
ALTER TABLE orders ALTER COLUMN note TYPE varchar(80);
ALTER TABLE products DROP COLUMN stock;

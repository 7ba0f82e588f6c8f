ALTER TABLE products ADD COLUMN stock integer NOT NULL DEFAULT 0;
ALTER TABLE products ADD CONSTRAINT products_stock_check CHECK (stock >= 0);
ALTER TABLE orders ALTER COLUMN note TYPE varchar(200);
ALTER TABLE orders DROP COLUMN currency;

-- The check holds for new rows at once; old rows are looked at by the next migration.
ALTER TABLE products ADD CONSTRAINT products_stock_check CHECK (stock >= 0) NOT VALID;

ALTER TABLE products DROP CONSTRAINT products_stock_check;

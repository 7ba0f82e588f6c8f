CREATE SCHEMA app;
CREATE TABLE app.orders (id integer PRIMARY KEY, updated_at timestamptz);
SELECT touches('app.orders');

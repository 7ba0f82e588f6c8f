DROP INDEX users_handle_lower_key;
CREATE UNIQUE INDEX users_handle_key ON users (handle);
ALTER TABLE rooms ADD COLUMN topic text;

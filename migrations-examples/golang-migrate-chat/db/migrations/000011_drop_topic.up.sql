ALTER TABLE rooms DROP COLUMN IF EXISTS topic;
DROP INDEX users_handle_key;
CREATE UNIQUE INDEX users_handle_lower_key ON users (lower(handle));

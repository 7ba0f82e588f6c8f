DROP INDEX IF EXISTS messages_room_idx;
CREATE INDEX IF NOT EXISTS messages_2024_01_room_idx ON messages_2024_01 (room_id, sent_at);

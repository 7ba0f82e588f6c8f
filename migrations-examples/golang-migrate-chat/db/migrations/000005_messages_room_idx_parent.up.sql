BEGIN;
CREATE INDEX IF NOT EXISTS messages_room_idx ON ONLY messages (room_id, sent_at);
ALTER INDEX messages_room_idx ATTACH PARTITION messages_2024_01_room_idx;
CREATE INDEX IF NOT EXISTS messages_2024_02_room_idx ON messages_2024_02 (room_id, sent_at);
ALTER INDEX messages_room_idx ATTACH PARTITION messages_2024_02_room_idx;
COMMIT;

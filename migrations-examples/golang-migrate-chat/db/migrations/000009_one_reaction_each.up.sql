ALTER TABLE reactions ADD CONSTRAINT reactions_once UNIQUE (message_sent_at, message_id, user_id, kind);

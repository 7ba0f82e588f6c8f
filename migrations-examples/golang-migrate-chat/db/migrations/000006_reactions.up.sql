CREATE TYPE reaction_kind AS ENUM ('like', 'laugh', 'sad');

CREATE TABLE reactions (
    message_sent_at timestamptz NOT NULL,
    message_id bigint NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind reaction_kind NOT NULL DEFAULT 'like',
    FOREIGN KEY (message_sent_at, message_id) REFERENCES messages (sent_at, id) ON DELETE CASCADE
);

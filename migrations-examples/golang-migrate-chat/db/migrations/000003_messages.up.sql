CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY,
    room_id uuid NOT NULL REFERENCES rooms (id),
    author_id uuid REFERENCES users (id) ON DELETE SET NULL,
    body text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sent_at, id)
) PARTITION BY RANGE (sent_at);

CREATE TABLE messages_2024_01 PARTITION OF messages FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE messages_2024_02 PARTITION OF messages FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');

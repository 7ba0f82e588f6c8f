-- Built beside the parent and attached, which blocks nobody who reads or writes messages.
CREATE TABLE messages_2024_03 (
    LIKE messages INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT messages_2024_03_range CHECK (sent_at >= '2024-03-01' AND sent_at < '2024-04-01')
);
ALTER TABLE messages ATTACH PARTITION messages_2024_03 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
ALTER TABLE messages_2024_03 DROP CONSTRAINT messages_2024_03_range;

-- migrate:up
-- No grant: the running application cannot use the table before one is given.
CREATE TABLE attachments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    comment_id bigint NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    file_name text NOT NULL,
    content bytea NOT NULL
);

-- migrate:down
DROP TABLE attachments;

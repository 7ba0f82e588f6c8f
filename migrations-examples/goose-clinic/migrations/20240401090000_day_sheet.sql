-- +goose Up
CREATE MATERIALIZED VIEW day_sheet AS
SELECT practitioner_id, starts_at::date AS day, count(*) AS booked
FROM appointments
WHERE state = 'booked'
GROUP BY 1, 2;
CREATE UNIQUE INDEX day_sheet_key ON day_sheet (practitioner_id, day);

-- +goose Down
DROP MATERIALIZED VIEW day_sheet;

CREATE MATERIALIZED VIEW readings_hourly AS
SELECT device_id, unit, date_trunc('hour', taken_at) AS hour, avg(value) AS mean, max(value) AS peak
FROM readings
GROUP BY 1, 2, 3
WITH NO DATA;

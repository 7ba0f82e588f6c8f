CREATE OR REPLACE VIEW claim_statistics AS
SELECT date_trunc('month', reported) AS month, count(*) AS claims, sum(amount) AS amount
FROM claim
GROUP BY 1;

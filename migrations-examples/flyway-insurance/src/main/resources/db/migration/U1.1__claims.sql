DROP VIEW IF EXISTS claim_statistics;
DROP TABLE claim;

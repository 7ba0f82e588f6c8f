DROP TABLE settlement;
DROP FUNCTION close_claim();

DROP TABLE entries;
DROP TABLE transfers;

-- A validated constraint stays valid; there is nothing to take back.
SELECT 1;

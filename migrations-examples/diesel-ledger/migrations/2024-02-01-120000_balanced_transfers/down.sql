DROP TRIGGER entries_balanced ON entries;
DROP FUNCTION check_transfer_balanced();

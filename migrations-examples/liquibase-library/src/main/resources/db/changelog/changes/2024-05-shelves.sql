--liquibase formatted sql

--changeset ole:shelves
CREATE TABLE shelves (
    code text PRIMARY KEY,
    floor smallint NOT NULL
);
INSERT INTO shelves (code, floor) SELECT DISTINCT shelf, 0 FROM books WHERE shelf IS NOT NULL;
ALTER TABLE books ADD COLUMN shelf_code text REFERENCES shelves (code);
UPDATE books SET shelf_code = shelf;
ALTER TABLE books DROP COLUMN shelf;
/* liquibase rollback
ALTER TABLE books ADD COLUMN shelf text;
UPDATE books SET shelf = shelf_code;
ALTER TABLE books DROP COLUMN shelf_code;
DROP TABLE shelves;
*/

--changeset ole:cleanup context:prod
DELETE FROM fines WHERE paid;
ALTER TABLE copies ALTER COLUMN condition DROP DEFAULT;
--rollback ALTER TABLE copies ALTER COLUMN condition SET DEFAULT 'new';

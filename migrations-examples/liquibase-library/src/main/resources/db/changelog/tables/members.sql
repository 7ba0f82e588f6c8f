--liquibase formatted sql

--changeset mara:members
--comment Who may borrow.
CREATE TABLE members (
    id serial PRIMARY KEY,
    card_no integer NOT NULL,
    name text NOT NULL,
    joined_on date NOT NULL DEFAULT CURRENT_DATE,
    birthday date
);
CREATE UNIQUE INDEX members_card_no_key ON members (card_no);
--rollback DROP TABLE members;

--changeset mara:members-h2 dbms:h2
RUNSCRIPT FROM 'classpath:h2/members.sql';
--rollback empty

--liquibase formatted sql

--changeset mara:books
CREATE TABLE books (
    isbn varchar(17) PRIMARY KEY,
    title text NOT NULL,
    author text NOT NULL,
    year smallint,
    shelf text
);
--rollback DROP TABLE books;

--changeset mara:copies
CREATE TABLE copies (
    id serial PRIMARY KEY,
    isbn varchar(17) NOT NULL REFERENCES books (isbn),
    bought_on date NOT NULL DEFAULT CURRENT_DATE,
    condition text NOT NULL DEFAULT 'new'
);
--rollback DROP TABLE copies;

SET lock_timeout = '2s';
ALTER TABLE positions SET LOGGED;
ALTER TABLE positions ADD COLUMN id bigserial;

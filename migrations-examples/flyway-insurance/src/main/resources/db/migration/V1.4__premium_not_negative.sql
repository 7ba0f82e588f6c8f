ALTER TABLE policy ADD CONSTRAINT ck_premium CHECK (premium >= 0) NOT VALID;

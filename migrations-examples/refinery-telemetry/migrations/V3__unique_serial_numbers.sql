CREATE UNIQUE INDEX devices_serial_no_key ON devices (serial_no);
ALTER TABLE devices ADD CONSTRAINT devices_serial_no_key UNIQUE USING INDEX devices_serial_no_key;

CREATE INDEX CONCURRENTLY trips_plate_idx ON trips (plate);

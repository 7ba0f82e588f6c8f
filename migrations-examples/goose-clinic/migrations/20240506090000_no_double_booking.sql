-- +goose Up
ALTER TABLE appointments ADD COLUMN room int4range;
ALTER TABLE appointments
    ADD CONSTRAINT appointments_room_free EXCLUDE USING gist (room WITH &&, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (state = 'booked');

-- +goose Down
ALTER TABLE appointments DROP CONSTRAINT appointments_room_free;
ALTER TABLE appointments DROP COLUMN room;

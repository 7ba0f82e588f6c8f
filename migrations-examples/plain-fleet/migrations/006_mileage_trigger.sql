CREATE FUNCTION add_mileage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.km IS NOT NULL THEN
        UPDATE vehicles SET mileage = mileage + round(NEW.km) WHERE plate = NEW.plate;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER trips_mileage AFTER INSERT ON trips FOR EACH ROW EXECUTE FUNCTION add_mileage();

SELECT touches('orders');
SELECT touches('"Odd"');
SELECT audited('orders');
SELECT audited('customers', plus => false, prefix => 'log_');
SELECT audited('Odd', 'History of '), granted('select', 'Odd', 'PUBLIC');
DO $$
DECLARE
    own text;
BEGIN
    PERFORM granted('insert', 'orders', 'PUBLIC', ARRAY['id', 'updated_at']);
    PERFORM granted('select', 'orders', 'PUBLIC');
    FOR own IN SELECT unnest(ARRAY['orders', 'customers']) LOOP
        PERFORM policed('positive', own);
    END LOOP;
    PERFORM policed('positive', 'orders');
    FOR i IN 1..3 LOOP
        EXECUTE format('CREATE TABLE part_%s (id integer)', i);
    END LOOP;
END $$;
CALL widened('customers', 2);

-- What ANALYZE reads of the tables that grow with every payment. They are read by their keys, so 3,000 rows
-- tell the planner as much as the 30,000 of the usual target of 100. Reading those took autovacuum some
-- seconds of a processor every minute under load, and payments waited for it.
do $$
declare
  v_column record;
begin
  for v_column in
    select attrelid::regclass as name, attname from pg_attribute
    where attrelid in ('messages'::regclass, 'answers'::regclass, 'payments'::regclass,
      'payment_events'::regclass, 'log_leaves'::regclass) and attnum > 0 and not attisdropped
  loop
    execute format('alter table %s alter column %I set statistics 10', v_column.name, v_column.attname);
  end loop;
end
$$;

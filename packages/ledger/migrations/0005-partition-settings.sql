-- What ANALYZE reads of a partition, and how autovacuum goes about it. Transfers are read by their keys, so
-- 3,000 rows tell the planner as much as 30,000; and nothing of an append-only table is in a hurry to be
-- frozen, so autovacuum pauses 10 ms, not 2, after each piece of work. Neither setting is inherited by the
-- partitions of a table.
create function ledger.set_up_partition(p_partition regclass) returns void
language plpgsql as $$
declare
  v_column name;
begin
  execute format('alter table %s set (autovacuum_vacuum_cost_delay = 10)', p_partition);
  for v_column in
    select attname from pg_attribute where attrelid = p_partition and attnum > 0 and not attisdropped
  loop
    execute format('alter table %s alter column %I set statistics 10', p_partition, v_column);
  end loop;
end
$$;

-- What made the partitions makes them still; each is set up behind it.
alter function ledger.create_partitions(date, integer) rename to make_partitions;

create function ledger.create_partitions(p_from date, p_days integer) returns setof text
language plpgsql as $$
declare
  v_name text;
begin
  for v_name in select ledger.make_partitions(p_from, p_days) loop
    perform ledger.set_up_partition(('ledger.' || v_name)::regclass);
    return next v_name;
  end loop;
end
$$;

select ledger.set_up_partition(inhrelid::regclass) from pg_inherits
where inhparent in ('ledger.transfers'::regclass, 'ledger.outcomes'::regclass,
  'ledger.failed_transfers'::regclass);

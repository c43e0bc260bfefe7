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

create or replace function ledger.create_partitions(p_from date, p_days integer) returns setof text
language plpgsql as $$
declare
  v_day date;
  v_table text;
  v_name text;
  v_low uuid;
  v_high uuid;
  v_taken boolean;
begin
  for v_day in select p_from + n from generate_series(0, p_days - 1) n loop
    v_low := ledger.uuid_floor(v_day::timestamp at time zone 'UTC');
    v_high := ledger.uuid_floor((v_day + 1)::timestamp at time zone 'UTC');
    foreach v_table in array array['transfers', 'outcomes', 'failed_transfers'] loop
      v_name := v_table || '_' || to_char(v_day, 'YYYYMMDD');
      continue when to_regclass('ledger.' || v_name) is not null;
      execute format('select exists (select 1 from ledger.%I where %I >= $1 and %I < $2)',
        v_table || '_default', case v_table when 'outcomes' then 'pending_id' else 'id' end,
        case v_table when 'outcomes' then 'pending_id' else 'id' end) into v_taken using v_low, v_high;
      continue when v_taken;
      execute format('create table ledger.%I partition of ledger.%I for values from (%L) to (%L)',
        v_name, v_table, v_low, v_high);
      if v_table <> 'failed_transfers' then
        execute format('create trigger never_emptied before truncate on ledger.%I '
          'execute function ledger.refuse_change()', v_name);
      end if;
      perform ledger.set_up_partition(('ledger.' || v_name)::regclass);
      return next v_name;
    end loop;
  end loop;
end
$$;

select ledger.set_up_partition(inhrelid::regclass) from pg_inherits
where inhparent in ('ledger.transfers'::regclass, 'ledger.outcomes'::regclass,
  'ledger.failed_transfers'::regclass);

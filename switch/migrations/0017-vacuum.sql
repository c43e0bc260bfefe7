-- Autovacuum takes a pause of 10 ms, not 2, after each piece of work on the tables that grow with every
-- payment. At its usual pace it takes half a processor for seconds while it freezes what was appended, and
-- payments queue up behind it; nothing of these tables is in a hurry to be frozen. At this pace it does some
-- 8 MB/s, what a thousand payments a second append.
do $$
declare
  v_table regclass;
begin
  foreach v_table in array array['messages', 'answers', 'payments', 'payment_events', 'outbox',
    'log_leaves', 'log_tiles']::regclass[]
  loop
    execute format('alter table %s set (autovacuum_vacuum_cost_delay = 10)', v_table);
    continue when (select reltoastrelid = 0 from pg_class where oid = v_table);
    execute format('alter table %s set (toast.autovacuum_vacuum_cost_delay = 10)', v_table);
  end loop;
end
$$;

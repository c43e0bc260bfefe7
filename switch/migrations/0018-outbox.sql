-- A row of the outbox lives for milliseconds, so autovacuum, when it looks, finds a few rows and thousands of
-- dead ones. A plan made from that reads the whole table, and is kept while the table grows for a minute:
-- 0.2 ms became 8 for taking out what was delivered. So both statements that look for rows go by an index.
create function take_notifications(p_now timestamptz, p_until timestamptz, p_most integer)
returns setof outbox language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
  return query update outbox set next_attempt_at = p_until
    where notification_id in (
      select due.notification_id from outbox due where due.next_attempt_at <= p_now
      order by due.next_attempt_at limit p_most for update skip locked)
    returning outbox.*;
end
$$;

-- Does not wait for the disk: what a crash brings back is delivered once more, as it may be anyway.
create function remove_notifications(p_ids uuid[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from outbox where notification_id = any(p_ids);
end
$$;

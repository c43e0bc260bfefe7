-- Returns false, having written nothing, when another writer created one of the accounts at the same time.
create function ledger.write_accounts(
  p_ids uuid[], p_ledgers integer[], p_codes integer[], p_flags integer[], p_data_128 uuid[],
  p_data_64 bigint[], p_data_32 integer[], p_timestamps bigint[]
) returns boolean language plpgsql as $$
begin
  insert into ledger.accounts (id, ledger, code, flags, closed, debits_pending, debits_posted,
      credits_pending, credits_posted, user_data_128, user_data_64, user_data_32, timestamp)
    select id, ledger, code, flags, flags & 32 <> 0, 0, 0, 0, 0, data_128, data_64, data_32, at
    from unnest(p_ids, p_ledgers, p_codes, p_flags, p_data_128, p_data_64, p_data_32, p_timestamps)
      r (id, ledger, code, flags, data_128, data_64, data_32, at);
  return true;
exception when unique_violation then
  return false;
end
$$;

-- Takes at most p_rows entries that fell due out of the list, ends those still pending, releases what they
-- reserved and reopens what they closed. An entry that another session holds is left to it.
create function ledger.expire_pending(p_now bigint, p_rows integer, out taken integer, out expired uuid[])
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  v_due uuid[];
  v_accounts uuid[];
begin
  with due as (
    select expires_at, pending_id from ledger.expiries where expires_at <= p_now
    order by expires_at, pending_id limit p_rows for update skip locked
  ), gone as (
    delete from ledger.expiries e using due d
    where e.expires_at = d.expires_at and e.pending_id = d.pending_id returning e.pending_id
  ) select array_agg(pending_id), count(*) into v_due, taken from gone;
  expired := '{}';
  if v_due is null then
    return;
  end if;

  select array_agg(distinct side order by side) into v_accounts
  from unnest(v_due) due (id) join ledger.transfers t on t.id = due.id
  cross join lateral (values (t.debit_account_id), (t.credit_account_id)) account (side)
  where not exists (select 1 from ledger.outcomes o where o.pending_id = due.id);
  perform 1 from ledger.accounts where id = any(v_accounts) order by id for no key update;

  -- Looked at again under the locks: a post may have come first.
  insert into ledger.outcomes (pending_id, outcome, timestamp)
    select due.id, 1, p_now from unnest(v_due) due (id)
    where not exists (select 1 from ledger.outcomes o where o.pending_id = due.id);
  select coalesce(array_agg(o.pending_id), '{}') into expired
  from unnest(v_due) due (id) join ledger.outcomes o on o.pending_id = due.id and o.outcome = 1;

  update ledger.accounts a set debits_pending = a.debits_pending - n.debits,
      credits_pending = a.credits_pending - n.credits, closed = a.closed and not n.reopens
    from (
      select side.account, sum(case when side.is_debit then t.amount else 0 end) as debits,
        sum(case when side.is_debit then 0 else t.amount end) as credits,
        bool_or(t.flags & case when side.is_debit then 64 else 128 end <> 0) as reopens
      from unnest(expired) ended (id) join ledger.transfers t on t.id = ended.id
      cross join lateral (values (t.debit_account_id, true), (t.credit_account_id, false))
        side (account, is_debit)
      group by side.account
    ) n where a.id = n.account;
end
$$;

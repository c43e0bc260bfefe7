-- Posting. Three functions, one rule: accounts are locked first, in id order, in a statement of its own;
-- under READ COMMITTED each later statement of a plpgsql function takes a new snapshot, so what it reads
-- includes everything that was committed while it waited.

-- Locks the accounts, then returns all that deciding a batch needs: accounts, transfers (the ids themselves
-- and the pending ones they name), outcomes and ids that failed before. Rows are arrays, 128-bit numbers are
-- text. p_low and p_high bound the ids and pending ids: they are what lets whole days be left out.
create function ledger.load_transfers(
  p_ids uuid[], p_pendings uuid[], p_accounts uuid[], p_low uuid, p_high uuid)
returns json language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  v_all uuid[] := p_ids || p_pendings;
  v_accounts uuid[];
  v_locked uuid[] := '{}';
  v_answer json;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'LEDGER_ISOLATION_UNSUPPORTED: the ledger runs under read committed'
      using errcode = 'feature_not_supported';
  end if;
  -- A pending transfer may become visible only while we wait for a lock; then its accounts are locked too.
  loop
    select coalesce(array_agg(x order by x), '{}') into v_accounts from (
      select unnest(p_accounts) as x
      union select debit_account_id from ledger.transfers
        where id = any(p_pendings) and id between p_low and p_high
      union select credit_account_id from ledger.transfers
        where id = any(p_pendings) and id between p_low and p_high
    ) named;
    exit when v_accounts = v_locked;
    perform 1 from ledger.accounts where id = any(v_accounts) order by id for no key update;
    v_locked := v_accounts;
  end loop;
  select json_build_object(
    'accounts', (select json_agg(json_build_array(id, ledger, code, flags, closed, debits_pending::text,
        debits_posted::text, credits_pending::text, credits_posted::text, timestamp::text))
      from ledger.accounts where id = any(v_accounts)),
    'transfers', (select json_agg(json_build_array(id, debit_account_id, credit_account_id, amount::text,
        pending_id, user_data_128, user_data_64::text, user_data_32, timeout_seconds, ledger, code, flags,
        timestamp::text))
      from ledger.transfers where id = any(v_all) and id between p_low and p_high),
    'outcomes', (select json_agg(json_build_array(pending_id, outcome))
      from ledger.outcomes where pending_id = any(p_pendings) and pending_id between p_low and p_high),
    'failed', (select json_agg(id)
      from ledger.failed_transfers where id = any(p_ids) and id between p_low and p_high)
  ) into v_answer;
  return v_answer;
end
$$;

-- What importing needs besides, taken in turn by importers.
create function ledger.load_imported(p_timestamps bigint[]) returns json language plpgsql as $$
begin
  perform 1 from ledger.import_turn for update;
  return json_build_object(
    'accountMax', (select max(timestamp)::text from ledger.accounts where flags & 16 <> 0),
    'transferMax', (select max(timestamp)::text from ledger.transfers where flags & 256 <> 0),
    'accounts', (select json_agg(timestamp::text) from ledger.accounts
      where flags & 16 <> 0 and timestamp = any(p_timestamps)),
    'transfers', (select json_agg(timestamp::text) from ledger.transfers
      where flags & 256 <> 0 and timestamp = any(p_timestamps)));
end
$$;

-- Writes what was decided while the accounts were locked. Returns false, having written nothing, when another
-- writer used one of the ids at the same time (on other accounts, or the locks would have held it back).
create function ledger.write_transfers(
  p_ids uuid[], p_debits uuid[], p_credits uuid[], p_amounts numeric[], p_pendings uuid[], p_data_128 uuid[],
  p_data_64 bigint[], p_data_32 integer[], p_timeouts integer[], p_ledgers integer[], p_codes integer[],
  p_flags integer[], p_timestamps bigint[],
  p_failed_ids uuid[], p_failed_results text[], p_now bigint,
  p_accounts uuid[], p_closed boolean[], p_debits_pending numeric[], p_debits_posted numeric[],
  p_credits_pending numeric[], p_credits_posted numeric[]
) returns boolean language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
  begin
    insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, pending_id, user_data_128,
        user_data_64, user_data_32, timeout_seconds, ledger, code, flags, timestamp)
      select * from unnest(p_ids, p_debits, p_credits, p_amounts, p_pendings, p_data_128, p_data_64,
        p_data_32, p_timeouts, p_ledgers, p_codes, p_flags, p_timestamps);
    insert into ledger.outcomes (pending_id, outcome, timestamp)
      select pending, flags & 12, at from unnest(p_pendings, p_flags, p_timestamps) r (pending, flags, at)
      where pending is not null;
    insert into ledger.expiries (expires_at, pending_id)
      select at + timeout::bigint * 1000000000, id
      from unnest(p_ids, p_timeouts, p_timestamps) r (id, timeout, at)
      where timeout is not null;
    insert into ledger.failed_transfers (id, result, timestamp)
      select id, result, p_now from unnest(p_failed_ids, p_failed_results) r (id, result);
  exception when unique_violation then
    return false;
  end;
  update ledger.accounts a set closed = n.closed, debits_pending = n.debits_pending,
      debits_posted = n.debits_posted, credits_pending = n.credits_pending, credits_posted = n.credits_posted
    from unnest(p_accounts, p_closed, p_debits_pending, p_debits_posted, p_credits_pending, p_credits_posted)
      n (id, closed, debits_pending, debits_posted, credits_pending, credits_posted)
    where a.id = n.id;
  return true;
end
$$;

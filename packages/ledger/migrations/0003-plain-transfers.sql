-- The way nearly every batch goes: all rows are plainly fine, so one call locks, checks and writes them all.
-- The caller has sorted the rows: the p_ arrays are transfers and pending transfers with no other flag, the r_
-- arrays are posts and voids; no id repeats, and p_accounts with the five arrays after it is what the p_ rows do
-- to each account in sum. Returns null when every row was created; otherwise nothing was written, the accounts
-- stay locked, and the answer is what ledger.load_transfers returns, for the row-by-row rules to decide.
--
-- No limit can bind when it holds for the sum of all new debits (or credits) with nothing taken off: posts,
-- voids and credits inside the batch only ever make room.
create function ledger.create_transfers(
  p_now bigint, p_low uuid, p_high uuid,
  p_ids uuid[], p_debits uuid[], p_credits uuid[], p_amounts numeric[], p_data_128 uuid[], p_data_64 bigint[],
  p_data_32 integer[], p_timeouts integer[], p_ledgers integer[], p_codes integer[], p_flags integer[],
  p_timestamps bigint[],
  p_accounts uuid[], p_account_ledgers integer[], p_debits_pending numeric[], p_debits_posted numeric[],
  p_credits_pending numeric[], p_credits_posted numeric[],
  r_ids uuid[], r_debits uuid[], r_credits uuid[], r_amounts numeric[], r_pendings uuid[], r_data_128 uuid[],
  r_data_64 bigint[], r_data_32 integer[], r_ledgers integer[], r_codes integer[], r_flags integer[],
  r_timestamps bigint[]
) returns json language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  v_ids uuid[] := p_ids || r_ids;
  v_accounts uuid[] := p_accounts;
  v_debits_pending numeric[] := p_debits_pending;
  v_debits_posted numeric[] := p_debits_posted;
  v_credits_pending numeric[] := p_credits_pending;
  v_credits_posted numeric[] := p_credits_posted;
  v_fine boolean;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'LEDGER_ISOLATION_UNSUPPORTED: the ledger runs under read committed'
      using errcode = 'feature_not_supported';
  end if;

  if r_ids is not null then
    select array_agg(account order by account), array_agg(debits_pending order by account),
        array_agg(debits_posted order by account), array_agg(credits_pending order by account),
        array_agg(credits_posted order by account)
      into v_accounts, v_debits_pending, v_debits_posted, v_credits_pending, v_credits_posted
    from (
      select account, sum(debits_pending) as debits_pending, sum(debits_posted) as debits_posted,
        sum(credits_pending) as credits_pending, sum(credits_posted) as credits_posted
      from (
        select account, debits_pending, debits_posted, credits_pending, credits_posted
        from unnest(p_accounts, p_debits_pending, p_debits_posted, p_credits_pending, p_credits_posted)
          p (account, debits_pending, debits_posted, credits_pending, credits_posted)
        union all
        select side.account, case when side.is_debit then -t.amount else 0 end,
          case when side.is_debit and r.flags = 4 then coalesce(r.amount, t.amount) else 0 end,
          case when side.is_debit then 0 else -t.amount end,
          case when not side.is_debit and r.flags = 4 then coalesce(r.amount, t.amount) else 0 end
        from unnest(r_pendings, r_amounts, r_flags) r (pending, amount, flags)
        join ledger.transfers t on t.id = r.pending
        cross join lateral (values (t.debit_account_id, true), (t.credit_account_id, false))
          side (account, is_debit)
      ) change group by account
    ) total;
  end if;

  perform 1 from ledger.accounts where id = any(v_accounts) order by id for no key update;

  v_fine := not exists (select 1 from ledger.transfers where id = any(v_ids) and id between p_low and p_high)
    and not exists (
      select 1 from ledger.failed_transfers where id = any(v_ids) and id between p_low and p_high);

  if v_fine then
    select count(*) = coalesce(cardinality(v_accounts), 0) and coalesce(bool_and(not closed), true)
      into v_fine from ledger.accounts where id = any(v_accounts);
  end if;
  if v_fine and p_ids is not null then
    select count(*) = cardinality(p_accounts) and bool_and(a.ledger = n.ledger
        and a.debits_pending + a.debits_posted + n.debits <= case when a.flags & 2 <> 0 then a.credits_posted
          else 340282366920938463463374607431768211455 end
        and a.credits_pending + a.credits_posted + n.credits <= case when a.flags & 4 <> 0 then a.debits_posted
          else 340282366920938463463374607431768211455 end)
      into v_fine
    from (
      select id, ledger, debits_pending + debits_posted as debits, credits_pending + credits_posted as credits
      from unnest(p_accounts, p_account_ledgers, p_debits_pending, p_debits_posted, p_credits_pending,
        p_credits_posted)
        u (id, ledger, debits_pending, debits_posted, credits_pending, credits_posted)
    ) n join ledger.accounts a on a.id = n.id;
  end if;
  if v_fine and r_ids is not null then
    -- A pending transfer that itself closes an account (64, 128) goes by the row-by-row rules.
    select count(*) = cardinality(r_ids) and bool_and(t.flags & 2 <> 0 and t.flags & 192 = 0
        and o.pending_id is null
        and (t.timeout_seconds is null
          or r.timestamp < t.timestamp + t.timeout_seconds::bigint * 1000000000)
        and (r.debit is null or r.debit = t.debit_account_id)
        and (r.credit is null or r.credit = t.credit_account_id)
        and (r.ledger is null or r.ledger = t.ledger) and (r.code is null or r.code = t.code)
        and (r.amount is null or case r.flags when 4 then r.amount <= t.amount else r.amount = t.amount end))
      into v_fine
    from unnest(r_debits, r_credits, r_amounts, r_pendings, r_ledgers, r_codes, r_flags, r_timestamps)
      r (debit, credit, amount, pending, ledger, code, flags, timestamp)
    join ledger.transfers t on t.id = r.pending
    left join ledger.outcomes o on o.pending_id = r.pending;
  end if;

  if v_fine then
    begin
      if p_ids is not null then
        insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, user_data_128,
            user_data_64, user_data_32, timeout_seconds, ledger, code, flags, timestamp)
          select * from unnest(p_ids, p_debits, p_credits, p_amounts, p_data_128, p_data_64, p_data_32,
            p_timeouts, p_ledgers, p_codes, p_flags, p_timestamps);
        if p_timeouts is not null then
          insert into ledger.expiries (expires_at, pending_id)
            select at + timeout::bigint * 1000000000, id
            from unnest(p_ids, p_timeouts, p_timestamps) r (id, timeout, at) where timeout is not null;
        end if;
      end if;
      if r_ids is not null then
        insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, pending_id,
            user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp)
          select r.id, t.debit_account_id, t.credit_account_id, coalesce(r.amount, t.amount), t.id,
            coalesce(r.data_128, t.user_data_128), coalesce(r.data_64, t.user_data_64),
            coalesce(r.data_32, t.user_data_32), t.ledger, t.code, r.flags, r.timestamp
          from unnest(r_ids, r_amounts, r_pendings, r_data_128, r_data_64, r_data_32, r_flags, r_timestamps)
            r (id, amount, pending, data_128, data_64, data_32, flags, timestamp)
          join ledger.transfers t on t.id = r.pending;
        insert into ledger.outcomes (pending_id, outcome, timestamp)
          select * from unnest(r_pendings, r_flags, r_timestamps);
      end if;
    exception when unique_violation then
      v_fine := false;
    end;
  end if;
  if not v_fine then
    return ledger.load_transfers(v_ids, coalesce(r_pendings, '{}'), v_accounts, p_low, p_high);
  end if;

  update ledger.accounts a set debits_pending = a.debits_pending + n.debits_pending,
      debits_posted = a.debits_posted + n.debits_posted,
      credits_pending = a.credits_pending + n.credits_pending,
      credits_posted = a.credits_posted + n.credits_posted
    from unnest(v_accounts, v_debits_pending, v_debits_posted, v_credits_pending, v_credits_posted)
      n (id, debits_pending, debits_posted, credits_pending, credits_posted)
    where a.id = n.id;
  return null;
end
$$;

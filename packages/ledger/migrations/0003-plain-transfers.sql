-- The way nearly every batch goes: all rows are plainly fine, so one call locks, checks and writes them all.
-- The caller has sorted the rows: the p_ arrays are transfers and pending transfers with no other flag, the
-- r_ arrays are posts and voids; no id repeats, and p_accounts with the five arrays after it is what the p_
-- rows do to each account in sum. Returns null when every row was created; otherwise nothing was written, the
-- accounts stay locked, and the answer is what ledger.load_transfers returns, for the row-by-row rules to
-- decide.
--
-- A column whose value is the same in every row comes as an array of one; unnest fills the rest with nulls.
-- Timestamps count up from p_now, the p_ rows first.
--
-- No limit can bind when it holds for the sum of all new debits (or credits) with nothing taken off: posts,
-- voids and credits inside the batch only ever make room.
create function ledger.create_transfers(
  p_now bigint, p_low uuid, p_high uuid,
  p_ids uuid[], p_debits uuid[], p_credits uuid[], p_amounts numeric[], p_data_128 uuid[], p_data_64 bigint[],
  p_data_32 integer[], p_timeouts integer[], p_ledgers integer[], p_codes integer[], p_flags integer[],
  p_accounts uuid[], p_account_ledgers integer[], p_debits_pending numeric[], p_debits_posted numeric[],
  p_credits_pending numeric[], p_credits_posted numeric[],
  r_ids uuid[], r_debits uuid[], r_credits uuid[], r_amounts numeric[], r_pendings uuid[], r_data_128 uuid[],
  r_data_64 bigint[], r_data_32 integer[], r_ledgers integer[], r_codes integer[], r_flags integer[]
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
  -- Null where no p_ row touches the account.
  v_ledgers integer[] := p_account_ledgers;
  -- New debits and credits alone, with nothing taken off.
  v_new_debits numeric[];
  v_new_credits numeric[];
  -- The r_ rows completed with what their pending transfers say.
  e_ids uuid[];
  e_pendings uuid[];
  e_debits uuid[];
  e_credits uuid[];
  e_reserved numeric[];
  e_amounts numeric[];
  e_data_128 uuid[];
  e_data_64 bigint[];
  e_data_32 integer[];
  e_ledgers integer[];
  e_codes integer[];
  e_flags integer[];
  e_timestamps bigint[];
  r_now bigint := p_now + coalesce(cardinality(p_ids), 0) - 1;
  v_fine boolean := true;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'LEDGER_ISOLATION_UNSUPPORTED: the ledger runs under read committed'
      using errcode = 'feature_not_supported';
  end if;

  -- Transfers never change, so a pending one may be read before the locks; one that only shows up after them
  -- is left to load_transfers. So is one that closes an account (64, 128).
  if r_ids is not null then
    select count(*) = cardinality(r_ids) and bool_and(t.flags & 2 <> 0 and t.flags & 192 = 0
        and (t.timeout_seconds is null
          or r_now + r.position < t.timestamp + t.timeout_seconds::bigint * 1000000000)
        and (r.debit is null or r.debit = t.debit_account_id)
        and (r.credit is null or r.credit = t.credit_account_id)
        and (r.ledger is null or r.ledger = t.ledger) and (r.code is null or r.code = t.code)
        and (r.amount is null
          or case coalesce(r.flags, r_flags[1]) when 4 then r.amount <= t.amount
            else r.amount = t.amount end)),
      array_agg(r.id), array_agg(t.id), array_agg(t.debit_account_id), array_agg(t.credit_account_id),
      array_agg(t.amount), array_agg(coalesce(r.amount, t.amount)),
      array_agg(coalesce(r.data_128, t.user_data_128)), array_agg(coalesce(r.data_64, t.user_data_64)),
      array_agg(coalesce(r.data_32, t.user_data_32)), array_agg(t.ledger), array_agg(t.code),
      array_agg(coalesce(r.flags, r_flags[1])), array_agg(r_now + r.position)
    into v_fine, e_ids, e_pendings, e_debits, e_credits, e_reserved, e_amounts, e_data_128, e_data_64,
      e_data_32, e_ledgers, e_codes, e_flags, e_timestamps
    from unnest(r_ids, r_debits, r_credits, r_amounts, r_pendings, r_data_128, r_data_64, r_data_32,
        r_ledgers, r_codes, r_flags) with ordinality
      r (id, debit, credit, amount, pending, data_128, data_64, data_32, ledger, code, flags, position)
    join ledger.transfers t on t.id = r.pending;
    if v_fine then
      select array_agg(account), array_agg(debits_pending), array_agg(debits_posted),
          array_agg(credits_pending), array_agg(credits_posted), array_agg(ledger), array_agg(new_debits),
          array_agg(new_credits)
        into v_accounts, v_debits_pending, v_debits_posted, v_credits_pending, v_credits_posted, v_ledgers,
          v_new_debits, v_new_credits
      from (
        select account, sum(debits_pending) as debits_pending, sum(debits_posted) as debits_posted,
          sum(credits_pending) as credits_pending, sum(credits_posted) as credits_posted,
          max(ledger) as ledger, sum(new_debits) as new_debits, sum(new_credits) as new_credits
        from (
          select account, debits_pending, debits_posted, credits_pending, credits_posted, ledger,
            debits_pending + debits_posted as new_debits, credits_pending + credits_posted as new_credits
          from unnest(p_accounts, p_debits_pending, p_debits_posted, p_credits_pending, p_credits_posted,
              p_account_ledgers)
            p (account, debits_pending, debits_posted, credits_pending, credits_posted, ledger)
          union all
          select debit, -reserved, case flags when 4 then amount else 0 end, 0, 0, null, 0, 0
          from unnest(e_debits, e_reserved, e_amounts, e_flags) e (debit, reserved, amount, flags)
          union all
          select credit, 0, 0, -reserved, case flags when 4 then amount else 0 end, null, 0, 0
          from unnest(e_credits, e_reserved, e_amounts, e_flags) e (credit, reserved, amount, flags)
        ) change group by account
      ) total;
    end if;
  end if;

  -- A locked row is returned as it stands once the lock is had, so its balances may be judged here; what
  -- other tables hold is read in the statement after this one.
  if v_fine then
    select count(*) = cardinality(v_accounts) and bool_and(not closed
        and (wanted is null or ledger = wanted)
        and debits + new_debits <= case when flags & 2 <> 0 then credits_posted
          else 340282366920938463463374607431768211455 end
        and credits + new_credits <= case when flags & 4 <> 0 then debits_posted
          else 340282366920938463463374607431768211455 end)
      into v_fine
    from (
      select a.closed, a.ledger, a.flags, a.debits_pending + a.debits_posted as debits, a.debits_posted,
        a.credits_pending + a.credits_posted as credits, a.credits_posted, n.ledger as wanted,
        coalesce(n.new_debits, n.debits_pending + n.debits_posted) as new_debits,
        coalesce(n.new_credits, n.credits_pending + n.credits_posted) as new_credits
      from unnest(v_accounts, v_ledgers, v_new_debits, v_new_credits, v_debits_pending, v_debits_posted,
          v_credits_pending, v_credits_posted)
        n (id, ledger, new_debits, new_credits, debits_pending, debits_posted, credits_pending,
          credits_posted)
      join ledger.accounts a on a.id = n.id
      order by a.id for no key update of a
    ) locked;
  end if;
  if v_fine then
    v_fine := not exists (
        select 1 from ledger.transfers where id = any(v_ids) and id between p_low and p_high)
      and not exists (
        select 1 from ledger.failed_transfers where id = any(v_ids) and id between p_low and p_high)
      and (r_ids is null or not exists (select 1 from ledger.outcomes
        where pending_id = any(r_pendings) and pending_id between p_low and p_high));
  end if;

  if v_fine then
    begin
      if p_ids is not null then
        insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, user_data_128,
            user_data_64, user_data_32, timeout_seconds, ledger, code, flags, timestamp)
          select id, debit, credit, amount, data_128, data_64, data_32, timeout,
            coalesce(ledger, p_ledgers[1]), coalesce(code, p_codes[1]), coalesce(flags, p_flags[1]),
            p_now + position - 1
          from unnest(p_ids, p_debits, p_credits, p_amounts, p_data_128, p_data_64, p_data_32, p_timeouts,
              p_ledgers, p_codes, p_flags) with ordinality
            r (id, debit, credit, amount, data_128, data_64, data_32, timeout, ledger, code, flags, position);
        if p_timeouts is not null then
          insert into ledger.expiries (expires_at, pending_id)
            select p_now + position - 1 + timeout::bigint * 1000000000, id
            from unnest(p_ids, p_timeouts) with ordinality r (id, timeout, position)
            where timeout is not null;
        end if;
      end if;
      if r_ids is not null then
        insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, pending_id,
            user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp)
          select * from unnest(e_ids, e_debits, e_credits, e_amounts, e_pendings, e_data_128, e_data_64,
            e_data_32, e_ledgers, e_codes, e_flags, e_timestamps);
        insert into ledger.outcomes (pending_id, outcome, timestamp)
          select * from unnest(e_pendings, e_flags, e_timestamps);
      end if;
    exception when unique_violation then
      v_fine := false;
    end;
  end if;
  if not coalesce(v_fine, false) then
    return ledger.load_transfers(v_ids, coalesce(r_pendings, '{}'), p_accounts, p_low, p_high);
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

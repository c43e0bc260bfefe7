import { deepEqual } from 'node:assert/strict';
import type pg from 'pg';

/** Recomputes every balance from the transfers alone and compares; also that no limit is passed. */
export async function assertBooksAgree(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(`
    with entry as (
      select debit_account_id as account, amount as dd, 0 as cd, 0 as dp, 0 as cp from ledger.transfers
        where flags & 10 = 0
      union all
      select credit_account_id, 0, amount, 0, 0 from ledger.transfers where flags & 10 = 0
      union all
      select side.account, 0, 0, side.dp, side.cp from ledger.transfers t
        cross join lateral (values (debit_account_id, amount, 0), (credit_account_id, 0, amount))
          side (account, dp, cp)
        where t.flags & 2 <> 0 and not exists (select 1 from ledger.outcomes o where o.pending_id = t.id)
    ), total as (
      select account, sum(dd) as dd, sum(cd) as cd, sum(dp) as dp, sum(cp) as cp from entry group by account
    )
    select id, debits_posted, dd, credits_posted, cd, debits_pending, dp, credits_pending, cp
    from ledger.accounts left join total on account = id
    where (debits_posted, credits_posted, debits_pending, credits_pending)
        is distinct from (coalesce(dd, 0), coalesce(cd, 0), coalesce(dp, 0), coalesce(cp, 0))
      or (flags & 2 <> 0 and debits_posted + debits_pending > credits_posted)`);
  deepEqual(rows, []);
}

/** Every end belongs to one pending transfer, and every post or void has its end. */
export async function assertEndsAgree(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(`
    select o.pending_id, o.outcome, p.flags, e.flags from ledger.outcomes o
      left join ledger.transfers p on p.id = o.pending_id
      left join ledger.transfers e on e.pending_id = o.pending_id
    where p.flags & 2 is distinct from 2 or (o.outcome in (4, 8) and e.flags & 12 is distinct from o.outcome)
      or e.amount > p.amount
    union all
    select e.pending_id, null, null, e.flags from ledger.transfers e
    where e.pending_id is not null
      and not exists (select 1 from ledger.outcomes o where o.pending_id = e.pending_id)`);
  deepEqual(rows, []);
}

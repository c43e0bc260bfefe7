-- The ledger's tables. spec/ledger.md says what the columns mean.
create schema if not exists ledger;

-- Unsigned 128-bit amounts: numeric(39,0) and the checks below keep every balance inside that range.
create table ledger.accounts (
  id uuid primary key,
  ledger integer not null check (ledger > 0),
  code integer not null check (code > 0),
  -- As created: 1 linked, 2 debits_must_not_exceed_credits, 4 credits_must_not_exceed_debits, 16 imported, 32
  -- closed.
  flags integer not null check (flags & 6 <> 6),
  closed boolean not null,
  debits_pending numeric(39, 0) not null,
  debits_posted numeric(39, 0) not null,
  credits_pending numeric(39, 0) not null,
  credits_posted numeric(39, 0) not null,
  user_data_128 uuid,
  user_data_64 bigint,
  user_data_32 integer,
  -- Nanoseconds since 1970.
  timestamp bigint not null check (timestamp > 0),
  check (debits_pending >= 0 and debits_posted >= 0 and credits_pending >= 0 and credits_posted >= 0),
  check (debits_pending + debits_posted <= 340282366920938463463374607431768211455),
  check (credits_pending + credits_posted <= 340282366920938463463374607431768211455),
  -- A second net under the rules that the functions apply first.
  check (flags & 2 = 0 or debits_pending + debits_posted <= credits_posted),
  check (flags & 4 = 0 or credits_pending + credits_posted <= debits_posted)
) with (fillfactor = 50);
create unique index accounts_imported on ledger.accounts (timestamp) where flags & 16 <> 0;

-- One row a transfer, never changed. The id is a UUIDv7, so a range of ids is a range of time: the id is the
-- partition key and its unique key needs no other column. No foreign keys: a check per row costs more than
-- the row, and ledger.create_transfers holds the lock on both accounts when it inserts.
create table ledger.transfers (
  id uuid not null,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount numeric(39, 0) not null check (amount >= 0 and amount <= 340282366920938463463374607431768211455),
  -- The pending transfer that this one posts or voids.
  pending_id uuid,
  user_data_128 uuid,
  user_data_64 bigint,
  user_data_32 integer,
  timeout_seconds integer check (timeout_seconds > 0),
  ledger integer not null,
  code integer not null,
  -- 1 linked, 2 pending, 4 post_pending_transfer, 8 void_pending_transfer, 16 balancing_debit,
  -- 32 balancing_credit, 64 closing_debit, 128 closing_credit, 256 imported.
  flags integer not null,
  timestamp bigint not null,
  primary key (id),
  check (debit_account_id <> credit_account_id),
  check (pending_id is null = (flags & 12 = 0))
) partition by range (id);
create table ledger.transfers_default partition of ledger.transfers default;
create index transfers_imported on ledger.transfers (timestamp) where flags & 256 <> 0;

-- How a pending transfer ended; its key makes a second end impossible.
create table ledger.outcomes (
  pending_id uuid not null,
  -- 4 posted, 8 voided (the flag of the transfer that did it), 1 expired.
  outcome smallint not null check (outcome in (1, 4, 8)),
  timestamp bigint not null,
  primary key (pending_id)
) partition by range (pending_id);
create table ledger.outcomes_default partition of ledger.outcomes default;

-- Ids of transfers that failed for a passing reason: they stay failed.
create table ledger.failed_transfers (
  id uuid not null,
  result text not null,
  timestamp bigint not null,
  primary key (id)
) partition by range (id);
create table ledger.failed_transfers_default partition of ledger.failed_transfers default;

-- Pending transfers with a timeout, in the order they fall due; ledger.expire_pending takes them out.
create table ledger.expiries (
  expires_at bigint not null,
  pending_id uuid not null,
  primary key (expires_at, pending_id)
);

-- Imports must keep the order of their timestamps, so importers take this row in turn.
create table ledger.import_turn (only_row boolean primary key check (only_row));
insert into ledger.import_turn values (true);

create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'LEDGER_APPEND_ONLY: % of % is refused', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger append_only before update or delete on ledger.transfers
  for each row execute function ledger.refuse_change();
create trigger append_only before update or delete on ledger.outcomes
  for each row execute function ledger.refuse_change();
create trigger append_only before update or delete on ledger.failed_transfers
  for each row execute function ledger.refuse_change();
create trigger never_emptied before truncate on ledger.transfers execute function ledger.refuse_change();
create trigger never_emptied before truncate on ledger.transfers_default
  execute function ledger.refuse_change();
create trigger never_emptied before truncate on ledger.outcomes execute function ledger.refuse_change();
create trigger never_emptied before truncate on ledger.outcomes_default
  execute function ledger.refuse_change();

-- The smallest UUID whose first 48 bits, a UUIDv7's milliseconds, are those of the instant.
create function ledger.uuid_floor(p_at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the partitions of p_days days from p_from (UTC) and returns the names of those it made. A day whose
-- rows already lie in a default partition stays there: make partitions before their day begins.
create function ledger.create_partitions(p_from date, p_days integer) returns setof text
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
      return next v_name;
    end loop;
  end loop;
end
$$;
select ledger.create_partitions((now() at time zone 'UTC')::date, 8);

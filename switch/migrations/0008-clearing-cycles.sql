-- Clearing cycles: what is captured belongs to the cycle that is open when its event is stored. Closing one
-- is one more row here, so it takes no lock that a payment waits for (spec/clearing.md 1).
create table clearing_cycles (
  cycle_id integer primary key check (cycle_id > 0),
  opened_at timestamptz not null
);

create trigger clearing_cycles_append_only before update or delete or truncate on clearing_cycles
  for each statement execute function refuse_change();

-- The first one takes everything up to its close; what was captured before this migration is in it too.
insert into clearing_cycles (cycle_id, opened_at) values (1, now());

-- What a cycle went through after it was opened, each state once.
create table clearing_cycle_events (
  cycle_id integer not null references clearing_cycles,
  state text not null check (state in ('closing', 'closed', 'settling', 'settled')),
  at timestamptz not null,
  primary key (cycle_id, state)
);

create trigger clearing_cycle_events_append_only before update or delete or truncate on clearing_cycle_events
  for each statement execute function refuse_change();

-- Clearing's door for the statements of other modules: the cycle that is open, in the statement's snapshot.
-- A statement that stores many rows asks once: (select current_cycle()).
create function current_cycle() returns integer language sql stable as $$
  select max(cycle_id) from clearing_cycles
$$;

-- A constant first, so that the rows there are get it without being written; then every new row its own.
alter table payment_events add column cycle_id integer not null default 1;
alter table payment_events alter column cycle_id set default current_cycle();

-- Rows come in the order of their cycles, so a summary of each range of pages finds a cycle, at no cost to
-- speak of for a payment.
create index payment_events_cycle on payment_events using brin (cycle_id) with (autosummarize = on);

-- Payments' door for clearing: what was captured and not reversed, with its cycle.
create view captured_payments as
  select e.cycle_id, p.payment_id, p.kind, p.issuer_id, p.acquirer_id, p.currency, p.amount_minor,
    e.at as captured_at
  from payment_events e join payments p using (payment_id)
  where e.state = 'captured' and not exists (
    select from payment_events later
    where later.payment_id = e.payment_id and later.sequence > e.sequence);

-- What a captured payment makes one participant owe another: one row a payment, written when its cycle
-- closes. Fees will be rows of their own beside these.
create table obligations (
  payment_id uuid primary key,
  cycle_id integer not null,
  kind text not null check (kind in ('purchase', 'refund')),
  debtor_id text not null,
  creditor_id text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  captured_at timestamptz not null
) with (fillfactor = 100);

create index obligations_cycle on obligations (cycle_id, payment_id);
create index obligations_debtor on obligations (cycle_id, debtor_id, payment_id);
create index obligations_creditor on obligations (cycle_id, creditor_id, payment_id);

create trigger obligations_append_only before update or delete or truncate on obligations
  for each statement execute function refuse_change();

-- What earlier cycles left unsettled and this one takes over (spec/clearing.md 4).
create table carries (
  carry_id uuid primary key,
  cycle_id integer not null references clearing_cycles default current_cycle(),
  from_cycle_id integer not null references clearing_cycles,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  participant_id text not null references participants,
  -- negative owes, as a net position
  amount_minor numeric(39, 0) not null check (amount_minor <> 0),
  at timestamptz not null
);

create index carries_cycle on carries (cycle_id);

create trigger carries_append_only before update or delete or truncate on carries
  for each statement execute function refuse_change();

-- Received minus sent in a cycle that is closed; sums to zero per cycle and currency. What is due is this and
-- what was carried in.
create table net_positions (
  cycle_id integer not null references clearing_cycles,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  participant_id text not null references participants,
  net_minor numeric(39, 0) not null,
  carried_minor numeric(39, 0) not null,
  obligations integer not null check (obligations >= 0),
  primary key (cycle_id, currency, participant_id)
);

create trigger net_positions_append_only before update or delete or truncate on net_positions
  for each statement execute function refuse_change();

-- When cycles close by themselves: times of day in a time zone. The latest row counts.
create table clearing_schedules (
  set_at timestamptz primary key,
  time_zone text not null,
  cut_offs text[] not null
);

create trigger clearing_schedules_append_only before update or delete or truncate on clearing_schedules
  for each statement execute function refuse_change();

-- Settlement: what a closed cycle makes due is paid in and out by a settlement agent (spec/clearing.md 4).
alter table participants drop constraint participants_roles_check;
alter table participants add constraint participants_roles_check check (roles <@ array['issuer', 'acquirer',
  'wallet', 'settlement', 'operator'] and cardinality(roles) > 0);

-- instruction: delivered alone to the agent's /settlement-instructions
alter table outbox drop constraint outbox_kind_check;
alter table outbox add constraint outbox_kind_check check (kind in ('event', 'reversal', 'instruction'));

-- The switch's own account in the ledger, one per currency: what was paid in and not yet paid out.
create table settlement_accounts (
  currency text primary key check (currency ~ '^[A-Z]{3}$'),
  account_id uuid not null unique
);

-- What a cycle makes a participant pay (negative) or get, once settling it has begun.
create table settlement_items (
  cycle_id integer not null references clearing_cycles,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  participant_id text not null references participants,
  due_minor numeric(39, 0) not null check (due_minor <> 0),
  -- the pending transfer that keeps what will be paid out from being spent again, and what it could keep
  set_aside_id uuid,
  set_aside_minor numeric(39, 0) not null check (set_aside_minor >= 0 and set_aside_minor <= abs(due_minor)),
  primary key (cycle_id, currency, participant_id),
  check ((due_minor > 0) = (set_aside_id is not null))
);

-- That the amounts to pay out were fixed, once per cycle and currency.
create table settlement_pay_outs (
  cycle_id integer not null references clearing_cycles,
  currency text not null,
  at timestamptz not null,
  primary key (cycle_id, currency)
);

-- What the agent is told to do. Its ledger transfer has the same id, so it cannot be posted twice.
create table settlement_instructions (
  instruction_id uuid primary key,
  cycle_id integer not null,
  currency text not null,
  participant_id text not null,
  direction text not null check (direction in ('pay_in', 'pay_out')),
  amount_minor numeric(39, 0) not null check (amount_minor > 0),
  -- counts up when the operator has a rejected one tried again
  attempt smallint not null check (attempt > 0),
  agent_id text not null references participants,
  created_at timestamptz not null,
  foreign key (cycle_id, currency, participant_id) references settlement_items,
  unique (cycle_id, currency, participant_id, attempt)
);

-- What became of an instruction, each state once.
create table settlement_events (
  instruction_id uuid not null references settlement_instructions,
  state text not null check (state in ('accepted', 'rejected', 'settled', 'retried', 'rolled')),
  reason text,
  -- the agent's own reference of its booking
  reference text,
  -- the agent's signed answer to an inquiry; a confirmation it sent itself is among the messages
  evidence_signature text,
  evidence_body text,
  at timestamptz not null,
  primary key (instruction_id, state)
);

create trigger settlement_accounts_append_only before update or delete or truncate on settlement_accounts
  for each statement execute function refuse_change();
create trigger settlement_items_append_only before update or delete or truncate on settlement_items
  for each statement execute function refuse_change();
create trigger settlement_pay_outs_append_only before update or delete or truncate on settlement_pay_outs
  for each statement execute function refuse_change();
create trigger settlement_instructions_append_only before update or delete or truncate
  on settlement_instructions for each statement execute function refuse_change();
create trigger settlement_events_append_only before update or delete or truncate on settlement_events
  for each statement execute function refuse_change();

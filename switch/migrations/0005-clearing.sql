-- The ledger accounts of a participant in one currency (spec/payments.md 5).
create table positions (
  participant_id text not null references participants,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- what it owes and is owed; never owes more than the cap
  position_account_id uuid not null unique,
  -- the other side of the cap
  cap_account_id uuid not null unique,
  -- the two sides of payments in which it is issuer and acquirer; they touch no position
  on_us_debit_account_id uuid not null unique,
  on_us_credit_account_id uuid not null unique,
  primary key (participant_id, currency)
);

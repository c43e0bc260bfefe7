-- A registered code never changes; processes remember the ones they have read.
create table merchant_codes (
  code_id text primary key check (code_id ~ '^[0-9A-HJKMNP-TV-Z]{16}$'),
  acquirer_id text not null references participants,
  merchant jsonb not null,
  mode text not null check (mode in ('static', 'dynamic')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint check (amount_minor > 0),
  reference text,
  expires_at timestamptz,
  -- the unsigned payload, as given to the acquirer
  payload text not null,
  created_at timestamptz not null,
  check (mode = 'static' or (amount_minor is not null and expires_at is not null))
);

create trigger merchant_codes_append_only before update or delete or truncate on merchant_codes
  for each statement execute function refuse_change();

-- Which payment has taken a dynamic code. The row goes when that payment ends without capture.
create table merchant_code_claims (
  code_id text primary key references merchant_codes,
  payment_id uuid not null unique
);

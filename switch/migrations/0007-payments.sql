-- One row a payment, never changed; how it stands is its last event.
create table payments (
  payment_id uuid primary key,
  kind text not null check (kind in ('purchase', 'refund')),
  presentment text not null check (presentment in ('merchant', 'consumer')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  issuer_id text not null,
  acquirer_id text not null,
  wallet_id text not null,
  -- who asked for it and gets its answer
  sender_id text not null,
  token_id uuid not null,
  merchant jsonb not null,
  code_id text,
  reference text,
  original_payment_id uuid references payments,
  created_at timestamptz not null,
  check ((kind = 'refund') = (original_payment_id is not null))
) with (fillfactor = 100);

create index payments_refunds on payments (original_payment_id) where original_payment_id is not null;

create trigger payments_append_only before update or delete or truncate on payments
  for each statement execute function refuse_change();

-- What happened to a payment after it was opened. One event per sequence: of two that race, one is stored.
create table payment_events (
  payment_id uuid not null,
  sequence smallint not null check (sequence > 0),
  state text not null check (state in ('unknown', 'captured', 'declined', 'reversed')),
  reason text,
  -- the issuer's signed word this rests on: its detached JWS and the bytes it covers
  evidence_signature text,
  evidence_body text,
  -- the ledger transfer that posted, voided or turned back the payment's pending transfer
  transfer_id uuid,
  at timestamptz not null,
  primary key (payment_id, sequence)
) with (fillfactor = 100);

create trigger payment_events_append_only before update or delete or truncate on payment_events
  for each statement execute function refuse_change();

-- Every payment created before this instant has an outcome: where the sweeper starts looking.
create table payment_watermark (
  only_row boolean primary key default true check (only_row),
  decided_before timestamptz not null
);

insert into payment_watermark (decided_before) values ('1970-01-01T00:00:00Z');

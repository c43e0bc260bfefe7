-- The vault's own keys, each wrapped by the vault key, which is never in the database (spec/tokens.md 1.3).
create table vault_keys (
  key_id uuid primary key,
  -- account: seals account numbers; message: seals requests that hold one;
  -- index: makes account markings and request fingerprints; device: the root of the payers' device keys
  purpose text not null check (purpose in ('account', 'message', 'index', 'device')),
  algorithm text not null,
  wrapped bytea not null,
  -- tells which vault key wrapped it, without telling the key
  wrapped_by bytea not null check (length(wrapped_by) = 8),
  -- the one that new rows take
  is_current boolean not null,
  created_at timestamptz not null,
  superseded_at timestamptz,
  check (is_current = (superseded_at is null))
);

create unique index vault_keys_current on vault_keys (purpose) where is_current;

create table tokens (
  token_id uuid primary key,
  wallet_id text not null references participants,
  issuer_id text not null references participants,
  -- bound to token and issuer: it opens in no other row
  account_sealed bytea not null,
  account_key_id uuid not null references vault_keys,
  device_key_id uuid not null references vault_keys,
  -- the same for all tokens of one account; nothing leads back from it to the account without the index key
  account_marking text not null check (account_marking ~ '^[0-9A-Z]{29}$'),
  account_hint text not null check (length(account_hint) <= 4),
  presentments text[] not null
    check (presentments <@ array['merchant', 'consumer'] and cardinality(presentments) between 1 and 2),
  limit_currency text check (limit_currency ~ '^[A-Z]{3}$'),
  limit_minor bigint check (limit_minor > 0),
  -- who suspended it and did not resume it; the state follows from this and the times (spec/tokens.md 2.1)
  suspended_by text[] not null check (suspended_by <@ array['wallet', 'issuer', 'operator']),
  expires_at timestamptz not null check (expires_at > created_at),
  created_at timestamptz not null,
  deleted_at timestamptz,
  check ((limit_currency is null) = (limit_minor is null))
);

create index tokens_account on tokens (issuer_id, account_marking);
-- finds the rows a new account key has not reached
create index tokens_account_key on tokens (account_key_id);

-- What happened to a token and who did it. Never changed, never deleted.
create table token_events (
  token_id uuid not null references tokens,
  sequence int not null check (sequence > 0),
  event text not null check (event in ('create', 'suspend', 'resume', 'delete')),
  actor text not null check (actor in ('wallet', 'issuer', 'operator')),
  participant_id text not null,
  at timestamptz not null,
  primary key (token_id, sequence)
);

create trigger token_events_append_only before update or delete or truncate on token_events
  for each statement execute function refuse_change();

-- What a payer code shows in place of its token. A handle is never given twice, also after its token ended.
create table payer_code_handles (
  network_number text not null check (network_number ~ '^[0-9]{4}$'),
  handle text not null check (handle ~ '^[0-9]{8}$'),
  token_id uuid not null references tokens,
  position smallint not null,
  primary key (network_number, handle)
);

create index payer_code_handles_token on payer_code_handles (token_id, position);

-- Payer codes used: a second insert of the same one finds it. Steps grow with time: inserts stay at one end.
create table payer_code_uses (
  step bigint not null,
  network_number text not null,
  handle text not null,
  slot smallint not null,
  token_id uuid not null,
  primary key (step, network_number, handle, slot)
);

-- Wrong one-time values shown for a token, so that nobody can try them all.
create table payer_code_failures (
  token_id uuid primary key references tokens,
  failures int not null check (failures > 0),
  last_failed_at timestamptz not null
);

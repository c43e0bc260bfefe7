create table participants (
  participant_id text primary key check (participant_id ~ '^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$'),
  name text not null,
  -- stands for the participant in payment codes
  number text not null unique check (number ~ '^[0-9]{6}$'),
  roles text[] not null check (roles <@ array['issuer', 'acquirer', 'wallet',
    'operator'] and cardinality(roles) > 0),
  -- where the participant's receiver answers
  url text not null,
  state text not null check (state in ('active', 'suspended')),
  created_at timestamptz not null
);

create table participant_keys (
  kid text primary key,
  participant_id text not null references participants,
  -- messages: signs what it sends; codes: signs merchant codes
  use text not null check (use in ('messages', 'codes')),
  jwk jsonb not null,
  not_before timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create index participant_keys_owner on participant_keys (participant_id);

-- What may flow out of a participant's position within a time before new payments of it are refused
-- (spec/guards.md 7). The payment path keeps the count in memory and these tables hear of it once a second.
create table outflow_limits (
  participant_id text not null references participants,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  window_seconds integer not null check (window_seconds between 60 and 86400),
  limit_minor bigint not null check (limit_minor > 0),
  -- what flowed out before does not count: when the window was set, or the breaker last reopened
  counted_from timestamptz not null,
  primary key (participant_id, currency)
);

-- A window is counted in sixtieths; bucket is the number of the sixtieth since the count was begun.
create table outflow_buckets (
  participant_id text not null,
  currency text not null,
  counted_from timestamptz not null,
  bucket bigint not null check (bucket >= 0),
  amount_minor numeric not null,
  -- no window counts it after that
  forget_at timestamptz not null,
  primary key (participant_id, currency, counted_from, bucket)
) with (fillfactor = 50);

-- Each time a breaker opened, who proposed to close it and who confirmed that. Never deleted.
create table outflow_trips (
  trip_id uuid primary key,
  participant_id text not null references participants,
  currency text not null,
  outflow_minor numeric not null,
  limit_minor bigint not null,
  tripped_at timestamptz not null,
  proposed_by text,
  proposed_kid text,
  proposed_reason text,
  proposed_at timestamptz,
  confirmed_by text,
  confirmed_kid text,
  reopened_at timestamptz,
  check (reopened_at is null or confirmed_kid <> proposed_kid)
);

create unique index outflow_trips_open on outflow_trips (participant_id, currency) where reopened_at is null;

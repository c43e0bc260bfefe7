-- What participants still have to hear. Written in the transaction of what happened, deleted once
-- acknowledged.
create table outbox (
  notification_id uuid primary key,
  participant_id text not null,
  -- event: delivered together with others to /events; reversal: delivered alone to /reversals
  kind text not null check (kind in ('event', 'reversal')),
  body text not null,
  created_at timestamptz not null,
  attempts integer not null,
  next_attempt_at timestamptz not null
);

create index outbox_due on outbox (next_attempt_at);

-- Accepted messages: the signed evidence of every effect, the replay guard and the idempotency record in one
-- row. Written in the transaction of the effect; never changed, never deleted.
create table messages (
  sender_id text not null,
  idempotency_key uuid not null,
  jti text not null check (length(jti) between 1 and 64),
  -- sha-256 over method, target and body in base64url: the same key with another fingerprint is a conflict
  fingerprint text not null check (length(fingerprint) = 43),
  method text not null,
  target text not null,
  signature text not null,
  -- the signed bytes; they are UTF-8 without NUL, so the text gives them back exactly
  body text not null,
  -- what the message is about: a payment, a token, a code, a participant
  subject text not null,
  received_at timestamptz not null,
  primary key (sender_id, idempotency_key),
  unique (sender_id, jti)
);

create index messages_subject on messages (subject);

-- Answers as given, for writes whose answer is not derived from the subject's own rows.
create table answers (
  sender_id text not null,
  idempotency_key uuid not null,
  status smallint not null,
  body text not null,
  primary key (sender_id, idempotency_key),
  foreign key (sender_id, idempotency_key) references messages
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger messages_append_only before update or delete or truncate on messages
  for each statement execute function refuse_change();

create trigger answers_append_only before update or delete or truncate on answers
  for each statement execute function refuse_change();

-- The transparency log (spec/audit.md). Every row that is evidence or moves money becomes a leaf in the
-- statement that inserts it: the triggers below leave no way to write one without the other, and cost no
-- round trip (spec/decisions/0013).

-- One row a leaf, written in the transaction of its effect. Whether it is in the tree yet, and where, follows
-- from its transaction: a tree head tells which transactions it covers.
create table log_leaves (
  transaction xid8 not null default pg_current_xact_id(),
  -- 1 message, 2 payment event, 3 transfer, 4 expiry, 5 answer (spec/audit.md 2)
  kind smallint not null check (kind between 1 and 5),
  -- what the leaf is of: id and, where the id is not enough, the rest of the key
  ref uuid not null,
  part text not null,
  -- sha-256 over 0x00, salt and record
  hash bytea not null check (length(hash) = 32),
  -- Erasing it takes away what a guess at the record could be tested with; the hash and all proofs stay.
  salt bytea check (length(salt) = 32),
  primary key (ref, kind, part)
);
create index log_leaves_transaction on log_leaves (transaction);

-- Full tiles of the tree: 256 hashes of 32 bytes. Level 0 holds leaf hashes, level n + 1 the roots of the
-- tiles of level n.
create table log_tiles (
  level smallint not null check (level >= 0),
  position bigint not null check (position >= 0),
  hashes bytea not null check (length(hashes) = 8192),
  primary key (level, position)
);
alter table log_tiles alter column hashes set storage external;

-- Signed tree heads, each with the transactions whose leaves it is the first to cover.
create table log_heads (
  size bigint primary key check (size > 0),
  root bytea not null check (length(root) = 32),
  at timestamptz not null,
  -- compact JWS (spec/audit.md 4)
  signed text not null,
  -- leaves of transactions visible in it are below `size`, all others above
  snapshot pg_snapshot not null,
  -- the transaction that every earlier one has ended before; found by index
  visible_before xid8 not null
);
create index log_heads_visible_before on log_heads (visible_before);

-- The right edge of the tree: what does not fill a tile yet, one row a level. Locking the row of level 0
-- makes a sequencer the only one.
create table log_edge (
  level smallint primary key check (level >= 0),
  hashes bytea not null check (length(hashes) % 32 = 0 and length(hashes) < 8192)
);
insert into log_edge (level, hashes) values (0, '');

-- What witnesses have signed about tree heads.
create table log_cosignatures (
  size bigint not null references log_heads,
  witness_id text not null,
  -- compact JWS (spec/audit.md 6)
  signed text not null,
  at timestamptz not null,
  primary key (size, witness_id)
);
create index log_cosignatures_witness on log_cosignatures (witness_id, size);

create trigger log_tiles_append_only before update or delete or truncate on log_tiles
  for each statement execute function refuse_change();
create trigger log_heads_append_only before update or delete or truncate on log_heads
  for each statement execute function refuse_change();
create trigger log_cosignatures_append_only before update or delete or truncate on log_cosignatures
  for each statement execute function refuse_change();
create trigger log_leaves_append_only before delete or truncate on log_leaves
  for each statement execute function refuse_change();
create trigger log_edge_append_only before delete or truncate on log_edge
  for each statement execute function refuse_change();

-- Of a leaf only the salt may change, and only to nothing.
create function refuse_leaf_change() returns trigger language plpgsql as $$
begin
  if new.salt is not null or (new.transaction, new.kind, new.ref, new.part, new.hash)
      is distinct from (old.transaction, old.kind, old.ref, old.part, old.hash) then
    raise exception 'log_leaves is append-only' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger log_leaves_keep_hash before update on log_leaves
  for each row execute function refuse_leaf_change();

-- Records: the bytes that a leaf commits to, as UTF-8 text (spec/audit.md 2).
create function log_message_record(
  sender_id text, received_at timestamptz, subject text, signature text, body text
) returns text language sql stable as $$
  select concat(E'barlink/log/message/1\n', sender_id, E'\n',
    (date_part('epoch', received_at) * 1000000)::bigint, E'\n', subject, E'\n', signature, E'\n', body)
$$;

create function log_event_record(
  payment_id uuid, sequence smallint, state text, reason text, transfer_id uuid, at timestamptz,
  signature text, body text
) returns text language sql stable as $$
  select concat(E'barlink/log/event/1\n', payment_id, E'\n', sequence, E'\n', state, E'\n',
    coalesce(reason, '-'), E'\n', coalesce(transfer_id::text, '-'), E'\n',
    (date_part('epoch', at) * 1000000)::bigint, E'\n', coalesce(signature, '-'), E'\n', body)
$$;

create function log_transfer_record(
  id uuid, debit_account_id uuid, credit_account_id uuid, amount numeric, pending_id uuid, user_data_128 uuid,
  user_data_64 bigint, user_data_32 integer, timeout_seconds integer, ledger integer, code integer,
  flags integer, at bigint
) returns text language sql stable as $$
  select concat(E'barlink/log/transfer/1\n', id, E'\n', debit_account_id, E'\n', credit_account_id, E'\n',
    amount, E'\n', coalesce(pending_id::text, '-'), E'\n', coalesce(user_data_128::text, '-'), E'\n',
    coalesce(user_data_64::text, '-'), E'\n', coalesce(user_data_32::text, '-'), E'\n',
    coalesce(timeout_seconds::text, '-'), E'\n', ledger, E'\n', code, E'\n', flags, E'\n', at)
$$;

create function log_expiry_record(pending_id uuid, at bigint) returns text language sql stable as $$
  select concat(E'barlink/log/expiry/1\n', pending_id, E'\n', at)
$$;

create function log_answer_record(sender_id text, idempotency_key uuid, status smallint, body text)
returns text language sql stable as $$
  select concat(E'barlink/log/answer/1\n', sender_id, E'\n', idempotency_key, E'\n', status, E'\n', body)
$$;

-- The triggers. A statement draws one random seed and forgets it; salts are hashes of it, so each is 32 bytes
-- that nobody can compute, for a tenth of what drawing each would cost. The seed has 244 random bits.
create function log_messages() returns trigger language plpgsql as $$
declare
  v_seed bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
begin
  insert into log_leaves (kind, ref, part, hash, salt)
    select 1, ref, part, sha256('\x00'::bytea || salt || convert_to(record, 'UTF8')), salt
    from (select idempotency_key as ref, sender_id as part,
        sha256(v_seed || uuid_send(idempotency_key) || sender_id::bytea) as salt,
        log_message_record(sender_id, received_at, subject, signature, body) as record
      from added offset 0) leaf;
  return null;
end
$$;

create function log_events() returns trigger language plpgsql as $$
declare
  v_seed bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
begin
  insert into log_leaves (kind, ref, part, hash, salt)
    select 2, ref, part, sha256('\x00'::bytea || salt || convert_to(record, 'UTF8')), salt
    from (select payment_id as ref, sequence::text as part,
        sha256(v_seed || uuid_send(payment_id) || int2send(sequence)) as salt,
        log_event_record(payment_id, sequence, state, reason, transfer_id, at, evidence_signature,
          evidence_body) as record
      from added offset 0) leaf;
  return null;
end
$$;

create function log_transfers() returns trigger language plpgsql as $$
declare
  v_seed bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
begin
  insert into log_leaves (kind, ref, part, hash, salt)
    select 3, ref, '', sha256('\x00'::bytea || salt || convert_to(record, 'UTF8')), salt
    from (select id as ref, sha256(v_seed || uuid_send(id)) as salt,
        log_transfer_record(id, debit_account_id, credit_account_id, amount, pending_id, user_data_128,
          user_data_64, user_data_32, timeout_seconds, ledger, code, flags, timestamp) as record
      from added offset 0) leaf;
  return null;
end
$$;

-- Expiry is the only end of a pending transfer that is no transfer itself. It is rare: a row at a time.
create function log_expiry() returns trigger language plpgsql as $$
declare
  v_salt bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
begin
  insert into log_leaves (kind, ref, part, hash, salt) values (4, new.pending_id, '',
    sha256('\x00'::bytea || v_salt || convert_to(log_expiry_record(new.pending_id, new.timestamp), 'UTF8')),
    v_salt);
  return null;
end
$$;

create function log_answers() returns trigger language plpgsql as $$
declare
  v_seed bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
begin
  insert into log_leaves (kind, ref, part, hash, salt)
    select 5, ref, part, sha256('\x00'::bytea || salt || convert_to(record, 'UTF8')), salt
    from (select idempotency_key as ref, sender_id as part,
        sha256(v_seed || uuid_send(idempotency_key) || sender_id::bytea) as salt,
        log_answer_record(sender_id, idempotency_key, status, body) as record
      from added offset 0) leaf;
  return null;
end
$$;

create trigger messages_logged after insert on messages referencing new table as added
  for each statement execute function log_messages();
create trigger payment_events_logged after insert on payment_events referencing new table as added
  for each statement execute function log_events();
create trigger transfers_logged after insert on ledger.transfers referencing new table as added
  for each statement execute function log_transfers();
create trigger expiries_logged after insert on ledger.outcomes
  for each row when (new.outcome = 1) execute function log_expiry();
create trigger answers_logged after insert on answers referencing new table as added
  for each statement execute function log_answers();

-- Retention (spec/audit.md 8): messages may be erased by the function below and by nothing else.
create function refuse_delete() returns trigger language plpgsql as $$
begin
  if current_setting('barlink.erasing', true) is distinct from 'on' then
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
  end if;
  return null;
end
$$;
drop trigger messages_append_only on messages;
create trigger messages_append_only before update or truncate on messages
  for each statement execute function refuse_change();
create trigger messages_erased before delete on messages for each statement execute function refuse_delete();
drop trigger answers_append_only on answers;
create trigger answers_append_only before update or truncate on answers
  for each statement execute function refuse_change();
create trigger answers_erased before delete on answers for each statement execute function refuse_delete();

-- Erases what is older: salts of all leaves, messages and answers. All ids are UUIDv7, so a range of ids is a
-- range of time.
create function log_erase(p_before timestamptz, out salts bigint, out messages bigint) language plpgsql as $$
declare
  v_below uuid := ledger.uuid_floor(p_before);
begin
  perform set_config('barlink.erasing', 'on', true);
  update log_leaves set salt = null where ref < v_below and salt is not null;
  get diagnostics salts = row_count;
  delete from answers a where a.idempotency_key < v_below;
  delete from messages m where m.idempotency_key < v_below;
  get diagnostics messages = row_count;
  perform set_config('barlink.erasing', 'off', true);
end
$$;

-- What leaves are of, under the names that log_leaves has for it.
create view log_records (kind, ref, part, record) as
  select 1::smallint, idempotency_key, sender_id,
    log_message_record(sender_id, received_at, subject, signature, body) from messages
  union all select 2::smallint, payment_id, sequence::text,
    log_event_record(payment_id, sequence, state, reason, transfer_id, at, evidence_signature,
      evidence_body) from payment_events
  union all select 3::smallint, id, '', log_transfer_record(id, debit_account_id, credit_account_id, amount,
    pending_id, user_data_128, user_data_64, user_data_32, timeout_seconds, ledger, code, flags, timestamp)
    from ledger.transfers
  union all select 4::smallint, pending_id, '', log_expiry_record(pending_id, timestamp) from ledger.outcomes
    where outcome = 1
  union all select 5::smallint, idempotency_key, sender_id,
    log_answer_record(sender_id, idempotency_key, status, body) from answers;

-- What was there before the log is in it from its first tree head on.
insert into log_leaves (kind, ref, part, hash, salt)
  select kind, ref, part, sha256('\x00'::bytea || salt || convert_to(record, 'UTF8')), salt
  from (
    select kind, ref, part, record,
      sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as salt
    from log_records offset 0
  ) leaf;

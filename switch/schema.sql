-- Made by `npm run schema` from the migrations, compared by a test. Without dated partitions.

create table ledger.accounts (
  id uuid not null,
  ledger integer not null,
  code integer not null,
  flags integer not null,
  closed boolean not null,
  debits_pending numeric(39,0) not null,
  debits_posted numeric(39,0) not null,
  credits_pending numeric(39,0) not null,
  credits_posted numeric(39,0) not null,
  user_data_128 uuid,
  user_data_64 bigint,
  user_data_32 integer,
  "timestamp" bigint not null
);
alter table ledger.accounts add constraint accounts_check CHECK (((debits_pending >= (0)::numeric) AND (debits_posted >= (0)::numeric) AND (credits_pending >= (0)::numeric) AND (credits_posted >= (0)::numeric)));
alter table ledger.accounts add constraint accounts_check1 CHECK (((debits_pending + debits_posted) <= '340282366920938463463374607431768211455'::numeric));
alter table ledger.accounts add constraint accounts_check2 CHECK (((credits_pending + credits_posted) <= '340282366920938463463374607431768211455'::numeric));
alter table ledger.accounts add constraint accounts_check3 CHECK ((((flags & 2) = 0) OR ((debits_pending + debits_posted) <= credits_posted)));
alter table ledger.accounts add constraint accounts_check4 CHECK ((((flags & 4) = 0) OR ((credits_pending + credits_posted) <= debits_posted)));
alter table ledger.accounts add constraint accounts_code_check CHECK ((code > 0));
alter table ledger.accounts add constraint accounts_flags_check CHECK (((flags & 6) <> 6));
alter table ledger.accounts add constraint accounts_ledger_check CHECK ((ledger > 0));
alter table ledger.accounts add constraint accounts_pkey PRIMARY KEY (id);
alter table ledger.accounts add constraint accounts_timestamp_check CHECK (("timestamp" > 0));
CREATE UNIQUE INDEX accounts_imported ON ledger.accounts USING btree ("timestamp") WHERE ((flags & 16) <> 0);
create table ledger.expiries (
  expires_at bigint not null,
  pending_id uuid not null
);
alter table ledger.expiries add constraint expiries_pkey PRIMARY KEY (expires_at, pending_id);
create table ledger.failed_transfers (
  id uuid not null,
  result text not null,
  "timestamp" bigint not null
) partition by RANGE (id);
alter table ledger.failed_transfers add constraint failed_transfers_pkey PRIMARY KEY (id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON ledger.failed_transfers FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
create table ledger.import_turn (
  only_row boolean not null
);
alter table ledger.import_turn add constraint import_turn_only_row_check CHECK (only_row);
alter table ledger.import_turn add constraint import_turn_pkey PRIMARY KEY (only_row);
create table ledger.outcomes (
  pending_id uuid not null,
  outcome smallint not null,
  "timestamp" bigint not null
) partition by RANGE (pending_id);
alter table ledger.outcomes add constraint outcomes_outcome_check CHECK ((outcome = ANY (ARRAY[1, 4, 8])));
alter table ledger.outcomes add constraint outcomes_pkey PRIMARY KEY (pending_id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON ledger.outcomes FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER expiries_logged AFTER INSERT ON ledger.outcomes FOR EACH ROW WHEN ((new.outcome = 1)) EXECUTE FUNCTION log_expiry();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger.outcomes FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
create table ledger.transfers (
  id uuid not null,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount numeric(39,0) not null,
  pending_id uuid,
  user_data_128 uuid,
  user_data_64 bigint,
  user_data_32 integer,
  timeout_seconds integer,
  ledger integer not null,
  code integer not null,
  flags integer not null,
  "timestamp" bigint not null
) partition by RANGE (id);
alter table ledger.transfers add constraint transfers_amount_check CHECK (((amount >= (0)::numeric) AND (amount <= '340282366920938463463374607431768211455'::numeric)));
alter table ledger.transfers add constraint transfers_check CHECK ((debit_account_id <> credit_account_id));
alter table ledger.transfers add constraint transfers_check1 CHECK (((pending_id IS NULL) = ((flags & 12) = 0)));
alter table ledger.transfers add constraint transfers_pkey PRIMARY KEY (id);
alter table ledger.transfers add constraint transfers_timeout_seconds_check CHECK ((timeout_seconds > 0));
CREATE INDEX transfers_imported ON ONLY ledger.transfers USING btree ("timestamp") WHERE ((flags & 256) <> 0);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON ledger.transfers FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger.transfers FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER transfers_logged AFTER INSERT ON ledger.transfers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION log_transfers();
create table public.answers (
  sender_id text not null,
  idempotency_key uuid not null,
  status smallint not null,
  body text not null
);
alter table public.answers add constraint answers_pkey PRIMARY KEY (sender_id, idempotency_key);
alter table public.answers add constraint answers_sender_id_idempotency_key_fkey FOREIGN KEY (sender_id, idempotency_key) REFERENCES messages(sender_id, idempotency_key);
CREATE TRIGGER answers_append_only BEFORE UPDATE OR TRUNCATE ON public.answers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER answers_erased BEFORE DELETE ON public.answers FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER answers_logged AFTER INSERT ON public.answers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION log_answers();
create table public.carries (
  carry_id uuid not null,
  cycle_id integer not null default current_cycle(),
  from_cycle_id integer not null,
  currency text not null,
  participant_id text not null,
  amount_minor numeric(39,0) not null,
  at timestamp with time zone not null
);
alter table public.carries add constraint carries_amount_minor_check CHECK ((amount_minor <> (0)::numeric));
alter table public.carries add constraint carries_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.carries add constraint carries_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.carries add constraint carries_from_cycle_id_fkey FOREIGN KEY (from_cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.carries add constraint carries_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.carries add constraint carries_pkey PRIMARY KEY (carry_id);
CREATE INDEX carries_cycle ON public.carries USING btree (cycle_id);
CREATE TRIGGER carries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.carries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.clearing_cycle_events (
  cycle_id integer not null,
  state text not null,
  at timestamp with time zone not null
);
alter table public.clearing_cycle_events add constraint clearing_cycle_events_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.clearing_cycle_events add constraint clearing_cycle_events_pkey PRIMARY KEY (cycle_id, state);
alter table public.clearing_cycle_events add constraint clearing_cycle_events_state_check CHECK ((state = ANY (ARRAY['closing'::text, 'closed'::text, 'settling'::text, 'settled'::text])));
CREATE TRIGGER clearing_cycle_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.clearing_cycle_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.clearing_cycles (
  cycle_id integer not null,
  opened_at timestamp with time zone not null
);
alter table public.clearing_cycles add constraint clearing_cycles_cycle_id_check CHECK ((cycle_id > 0));
alter table public.clearing_cycles add constraint clearing_cycles_pkey PRIMARY KEY (cycle_id);
CREATE TRIGGER clearing_cycles_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.clearing_cycles FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.clearing_schedules (
  set_at timestamp with time zone not null,
  time_zone text not null,
  cut_offs text[] not null
);
alter table public.clearing_schedules add constraint clearing_schedules_pkey PRIMARY KEY (set_at);
CREATE TRIGGER clearing_schedules_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.clearing_schedules FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.log_cosignatures (
  size bigint not null,
  witness_id text not null,
  signed text not null,
  at timestamp with time zone not null
);
alter table public.log_cosignatures add constraint log_cosignatures_pkey PRIMARY KEY (size, witness_id);
alter table public.log_cosignatures add constraint log_cosignatures_size_fkey FOREIGN KEY (size) REFERENCES log_heads(size);
CREATE INDEX log_cosignatures_witness ON public.log_cosignatures USING btree (witness_id, size);
CREATE TRIGGER log_cosignatures_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_cosignatures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.log_edge (
  level smallint not null,
  hashes bytea not null
);
alter table public.log_edge add constraint log_edge_hashes_check CHECK ((((length(hashes) % 32) = 0) AND (length(hashes) < 8192)));
alter table public.log_edge add constraint log_edge_level_check CHECK ((level >= 0));
alter table public.log_edge add constraint log_edge_pkey PRIMARY KEY (level);
CREATE TRIGGER log_edge_append_only BEFORE DELETE OR TRUNCATE ON public.log_edge FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.log_heads (
  size bigint not null,
  root bytea not null,
  at timestamp with time zone not null,
  signed text not null,
  snapshot pg_snapshot not null,
  visible_before xid8 not null
);
alter table public.log_heads add constraint log_heads_pkey PRIMARY KEY (size);
alter table public.log_heads add constraint log_heads_root_check CHECK ((length(root) = 32));
alter table public.log_heads add constraint log_heads_size_check CHECK ((size > 0));
CREATE INDEX log_heads_visible_before ON public.log_heads USING btree (visible_before);
CREATE TRIGGER log_heads_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.log_leaves (
  transaction xid8 not null default pg_current_xact_id(),
  kind smallint not null,
  ref uuid not null,
  part text not null,
  hash bytea not null,
  salt bytea
);
alter table public.log_leaves add constraint log_leaves_hash_check CHECK ((length(hash) = 32));
alter table public.log_leaves add constraint log_leaves_kind_check CHECK (((kind >= 1) AND (kind <= 5)));
alter table public.log_leaves add constraint log_leaves_pkey PRIMARY KEY (ref, kind, part);
alter table public.log_leaves add constraint log_leaves_salt_check CHECK ((length(salt) = 32));
CREATE INDEX log_leaves_transaction ON public.log_leaves USING btree (transaction);
CREATE TRIGGER log_leaves_append_only BEFORE DELETE OR TRUNCATE ON public.log_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_leaves_keep_hash BEFORE UPDATE ON public.log_leaves FOR EACH ROW EXECUTE FUNCTION refuse_leaf_change();
create table public.log_tiles (
  level smallint not null,
  "position" bigint not null,
  hashes bytea not null
);
alter table public.log_tiles add constraint log_tiles_hashes_check CHECK ((length(hashes) = 8192));
alter table public.log_tiles add constraint log_tiles_level_check CHECK ((level >= 0));
alter table public.log_tiles add constraint log_tiles_pkey PRIMARY KEY (level, "position");
alter table public.log_tiles add constraint log_tiles_position_check CHECK (("position" >= 0));
CREATE TRIGGER log_tiles_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_tiles FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.merchant_code_claims (
  code_id text not null,
  payment_id uuid not null
);
alter table public.merchant_code_claims add constraint merchant_code_claims_code_id_fkey FOREIGN KEY (code_id) REFERENCES merchant_codes(code_id);
alter table public.merchant_code_claims add constraint merchant_code_claims_payment_id_key UNIQUE (payment_id);
alter table public.merchant_code_claims add constraint merchant_code_claims_pkey PRIMARY KEY (code_id);
create table public.merchant_code_documents (
  code_id text not null,
  document text not null,
  kid text not null,
  created_at timestamp with time zone not null
);
alter table public.merchant_code_documents add constraint merchant_code_documents_code_id_fkey FOREIGN KEY (code_id) REFERENCES merchant_codes(code_id);
alter table public.merchant_code_documents add constraint merchant_code_documents_document_check CHECK ((length(document) <= 8192));
alter table public.merchant_code_documents add constraint merchant_code_documents_pkey PRIMARY KEY (code_id);
CREATE TRIGGER merchant_code_documents_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.merchant_code_documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.merchant_codes (
  code_id text not null,
  acquirer_id text not null,
  merchant jsonb not null,
  mode text not null,
  currency text not null,
  amount_minor bigint,
  reference text,
  expires_at timestamp with time zone,
  payload text not null,
  created_at timestamp with time zone not null,
  uses text,
  form text,
  tip_max_minor bigint
);
alter table public.merchant_codes add constraint merchant_codes_acquirer_id_fkey FOREIGN KEY (acquirer_id) REFERENCES participants(participant_id);
alter table public.merchant_codes add constraint merchant_codes_amount_minor_check CHECK ((amount_minor > 0));
alter table public.merchant_codes add constraint merchant_codes_check CHECK (((mode = 'static'::text) OR ((amount_minor IS NOT NULL) AND (expires_at IS NOT NULL))));
alter table public.merchant_codes add constraint merchant_codes_code_id_check CHECK ((code_id ~ '^[0-9A-HJKMNP-TV-Z]{16}$'::text));
alter table public.merchant_codes add constraint merchant_codes_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.merchant_codes add constraint merchant_codes_form_check CHECK ((form = ANY (ARRAY['emv'::text, 'url'::text])));
alter table public.merchant_codes add constraint merchant_codes_mode_check CHECK ((mode = ANY (ARRAY['static'::text, 'dynamic'::text])));
alter table public.merchant_codes add constraint merchant_codes_pkey PRIMARY KEY (code_id);
alter table public.merchant_codes add constraint merchant_codes_tip_max_minor_check CHECK ((tip_max_minor > 0));
alter table public.merchant_codes add constraint merchant_codes_uses_check CHECK ((uses = ANY (ARRAY['single'::text, 'many'::text])));
CREATE TRIGGER merchant_codes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.merchant_codes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.messages (
  sender_id text not null,
  idempotency_key uuid not null,
  jti text not null,
  fingerprint text not null,
  method text not null,
  target text not null,
  signature text not null,
  body text not null,
  subject text not null,
  received_at timestamp with time zone not null
);
alter table public.messages add constraint messages_fingerprint_check CHECK ((length(fingerprint) = 43));
alter table public.messages add constraint messages_jti_check CHECK (((length(jti) >= 1) AND (length(jti) <= 64)));
alter table public.messages add constraint messages_pkey PRIMARY KEY (sender_id, idempotency_key);
alter table public.messages add constraint messages_sender_id_jti_key UNIQUE (sender_id, jti);
CREATE INDEX messages_subject ON public.messages USING btree (subject);
CREATE TRIGGER messages_append_only BEFORE UPDATE OR TRUNCATE ON public.messages FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messages_erased BEFORE DELETE ON public.messages FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER messages_logged AFTER INSERT ON public.messages REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION log_messages();
create table public.net_positions (
  cycle_id integer not null,
  currency text not null,
  participant_id text not null,
  net_minor numeric(39,0) not null,
  carried_minor numeric(39,0) not null,
  obligations integer not null
);
alter table public.net_positions add constraint net_positions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.net_positions add constraint net_positions_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.net_positions add constraint net_positions_obligations_check CHECK ((obligations >= 0));
alter table public.net_positions add constraint net_positions_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.net_positions add constraint net_positions_pkey PRIMARY KEY (cycle_id, currency, participant_id);
CREATE TRIGGER net_positions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.net_positions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.obligations (
  payment_id uuid not null,
  cycle_id integer not null,
  kind text not null,
  debtor_id text not null,
  creditor_id text not null,
  currency text not null,
  amount_minor bigint not null,
  captured_at timestamp with time zone not null
);
alter table public.obligations add constraint obligations_amount_minor_check CHECK ((amount_minor > 0));
alter table public.obligations add constraint obligations_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.obligations add constraint obligations_kind_check CHECK ((kind = ANY (ARRAY['purchase'::text, 'refund'::text])));
alter table public.obligations add constraint obligations_pkey PRIMARY KEY (payment_id);
CREATE INDEX obligations_creditor ON public.obligations USING btree (cycle_id, creditor_id, payment_id);
CREATE INDEX obligations_cycle ON public.obligations USING btree (cycle_id, payment_id);
CREATE INDEX obligations_debtor ON public.obligations USING btree (cycle_id, debtor_id, payment_id);
CREATE TRIGGER obligations_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.obligations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.online_payer_codes (
  code_digest bytea not null,
  token_id uuid not null,
  expires_at timestamp with time zone not null
);
alter table public.online_payer_codes add constraint online_payer_codes_code_digest_check CHECK ((length(code_digest) = 32));
alter table public.online_payer_codes add constraint online_payer_codes_pkey PRIMARY KEY (code_digest);
CREATE INDEX online_payer_codes_expiry ON public.online_payer_codes USING btree (expires_at);
create table public.outbox (
  notification_id uuid not null,
  participant_id text not null,
  kind text not null,
  body text not null,
  created_at timestamp with time zone not null,
  attempts integer not null,
  next_attempt_at timestamp with time zone not null
);
alter table public.outbox add constraint outbox_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'reversal'::text, 'instruction'::text])));
alter table public.outbox add constraint outbox_pkey PRIMARY KEY (notification_id);
CREATE INDEX outbox_due ON public.outbox USING btree (next_attempt_at);
create table public.outflow_buckets (
  participant_id text not null,
  currency text not null,
  counted_from timestamp with time zone not null,
  bucket bigint not null,
  amount_minor numeric not null,
  forget_at timestamp with time zone not null
);
alter table public.outflow_buckets add constraint outflow_buckets_bucket_check CHECK ((bucket >= 0));
alter table public.outflow_buckets add constraint outflow_buckets_pkey PRIMARY KEY (participant_id, currency, counted_from, bucket);
create table public.outflow_limits (
  participant_id text not null,
  currency text not null,
  window_seconds integer not null,
  limit_minor bigint not null,
  counted_from timestamp with time zone not null
);
alter table public.outflow_limits add constraint outflow_limits_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.outflow_limits add constraint outflow_limits_limit_minor_check CHECK ((limit_minor > 0));
alter table public.outflow_limits add constraint outflow_limits_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.outflow_limits add constraint outflow_limits_pkey PRIMARY KEY (participant_id, currency);
alter table public.outflow_limits add constraint outflow_limits_window_seconds_check CHECK (((window_seconds >= 60) AND (window_seconds <= 86400)));
create table public.outflow_trips (
  trip_id uuid not null,
  participant_id text not null,
  currency text not null,
  outflow_minor numeric not null,
  limit_minor bigint not null,
  tripped_at timestamp with time zone not null,
  proposed_by text,
  proposed_kid text,
  proposed_reason text,
  proposed_at timestamp with time zone,
  confirmed_by text,
  confirmed_kid text,
  reopened_at timestamp with time zone
);
alter table public.outflow_trips add constraint outflow_trips_check CHECK (((reopened_at IS NULL) OR (confirmed_kid <> proposed_kid)));
alter table public.outflow_trips add constraint outflow_trips_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.outflow_trips add constraint outflow_trips_pkey PRIMARY KEY (trip_id);
CREATE UNIQUE INDEX outflow_trips_open ON public.outflow_trips USING btree (participant_id, currency) WHERE (reopened_at IS NULL);
create table public.participant_certificates (
  thumbprint text not null,
  participant_id text not null,
  serial text not null,
  issuer text not null,
  key_thumbprint text not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  pem text not null,
  created_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revocation_reason text
);
alter table public.participant_certificates add constraint participant_certificates_check CHECK ((not_after > not_before));
alter table public.participant_certificates add constraint participant_certificates_check1 CHECK (((revoked_at IS NULL) = (revocation_reason IS NULL)));
alter table public.participant_certificates add constraint participant_certificates_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.participant_certificates add constraint participant_certificates_pkey PRIMARY KEY (thumbprint);
alter table public.participant_certificates add constraint participant_certificates_revocation_reason_check CHECK ((revocation_reason = ANY (ARRAY['unspecified'::text, 'keyCompromise'::text, 'superseded'::text, 'cessationOfOperation'::text])));
alter table public.participant_certificates add constraint participant_certificates_serial_check CHECK ((serial ~ '^[0-9a-f]{1,40}$'::text));
alter table public.participant_certificates add constraint participant_certificates_thumbprint_check CHECK ((thumbprint ~ '^[A-Za-z0-9_-]{43}$'::text));
CREATE INDEX participant_certificates_owner ON public.participant_certificates USING btree (participant_id);
create table public.participant_keys (
  kid text not null,
  participant_id text not null,
  use text not null,
  jwk jsonb not null,
  not_before timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  registered_at timestamp with time zone not null
);
alter table public.participant_keys add constraint participant_keys_check CHECK ((expires_at > not_before));
alter table public.participant_keys add constraint participant_keys_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.participant_keys add constraint participant_keys_pkey PRIMARY KEY (kid);
alter table public.participant_keys add constraint participant_keys_use_check CHECK ((use = ANY (ARRAY['messages'::text, 'codes'::text])));
CREATE INDEX participant_keys_owner ON public.participant_keys USING btree (participant_id);
create table public.participants (
  participant_id text not null,
  name text not null,
  number text not null,
  roles text[] not null,
  url text not null,
  state text not null,
  created_at timestamp with time zone not null
);
alter table public.participants add constraint participants_number_check CHECK ((number ~ '^[0-9]{6}$'::text));
alter table public.participants add constraint participants_number_key UNIQUE (number);
alter table public.participants add constraint participants_participant_id_check CHECK ((participant_id ~ '^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$'::text));
alter table public.participants add constraint participants_pkey PRIMARY KEY (participant_id);
alter table public.participants add constraint participants_roles_check CHECK (((roles <@ ARRAY['issuer'::text, 'acquirer'::text, 'wallet'::text, 'settlement'::text, 'operator'::text]) AND (cardinality(roles) > 0)));
alter table public.participants add constraint participants_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text])));
create table public.payer_code_failures (
  token_id uuid not null,
  failures integer not null,
  last_failed_at timestamp with time zone not null
);
alter table public.payer_code_failures add constraint payer_code_failures_failures_check CHECK ((failures > 0));
alter table public.payer_code_failures add constraint payer_code_failures_pkey PRIMARY KEY (token_id);
alter table public.payer_code_failures add constraint payer_code_failures_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(token_id);
create table public.payer_code_handles (
  network_number text not null,
  handle text not null,
  token_id uuid not null,
  "position" smallint not null,
  device_generation smallint not null default 0,
  batch uuid,
  retired_at timestamp with time zone
);
alter table public.payer_code_handles add constraint payer_code_handles_handle_check CHECK ((handle ~ '^[0-9]{8}$'::text));
alter table public.payer_code_handles add constraint payer_code_handles_network_number_check CHECK ((network_number ~ '^[0-9]{4}$'::text));
alter table public.payer_code_handles add constraint payer_code_handles_pkey PRIMARY KEY (network_number, handle);
alter table public.payer_code_handles add constraint payer_code_handles_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(token_id);
CREATE INDEX payer_code_handles_token ON public.payer_code_handles USING btree (token_id, "position");
create table public.payer_code_uses (
  step bigint not null,
  network_number text not null,
  handle text not null,
  slot smallint not null,
  token_id uuid not null
);
alter table public.payer_code_uses add constraint payer_code_uses_pkey PRIMARY KEY (step, network_number, handle, slot);
create table public.payment_events (
  payment_id uuid not null,
  sequence smallint not null,
  state text not null,
  reason text,
  evidence_signature text,
  evidence_body text,
  transfer_id uuid,
  at timestamp with time zone not null,
  cycle_id integer not null default current_cycle()
);
alter table public.payment_events add constraint payment_events_pkey PRIMARY KEY (payment_id, sequence);
alter table public.payment_events add constraint payment_events_sequence_check CHECK ((sequence > 0));
alter table public.payment_events add constraint payment_events_state_check CHECK ((state = ANY (ARRAY['unknown'::text, 'captured'::text, 'declined'::text, 'reversed'::text])));
CREATE INDEX payment_events_cycle ON public.payment_events USING brin (cycle_id) WITH (autosummarize='on');
CREATE TRIGGER payment_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payment_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_events_logged AFTER INSERT ON public.payment_events REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION log_events();
create table public.payment_watermark (
  only_row boolean not null default true,
  decided_before timestamp with time zone not null,
  looked_before timestamp with time zone not null
);
alter table public.payment_watermark add constraint payment_watermark_only_row_check CHECK (only_row);
alter table public.payment_watermark add constraint payment_watermark_pkey PRIMARY KEY (only_row);
create table public.payments (
  payment_id uuid not null,
  kind text not null,
  presentment text not null,
  currency text not null,
  amount_minor bigint not null,
  issuer_id text not null,
  acquirer_id text not null,
  wallet_id text not null,
  sender_id text not null,
  token_id uuid not null,
  merchant jsonb not null,
  code_id text,
  reference text,
  original_payment_id uuid,
  created_at timestamp with time zone not null
);
alter table public.payments add constraint payments_amount_minor_check CHECK ((amount_minor > 0));
alter table public.payments add constraint payments_check CHECK (((kind = 'refund'::text) = (original_payment_id IS NOT NULL)));
alter table public.payments add constraint payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.payments add constraint payments_kind_check CHECK ((kind = ANY (ARRAY['purchase'::text, 'refund'::text])));
alter table public.payments add constraint payments_original_payment_id_fkey FOREIGN KEY (original_payment_id) REFERENCES payments(payment_id);
alter table public.payments add constraint payments_pkey PRIMARY KEY (payment_id);
alter table public.payments add constraint payments_presentment_check CHECK ((presentment = ANY (ARRAY['merchant'::text, 'consumer'::text])));
CREATE INDEX payments_refunds ON public.payments USING btree (original_payment_id) WHERE (original_payment_id IS NOT NULL);
CREATE TRIGGER payments_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.payments_undecided (
  payment_id uuid not null,
  taken_at timestamp with time zone not null default '-infinity'::timestamp with time zone
);
alter table public.payments_undecided add constraint payments_undecided_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(payment_id);
alter table public.payments_undecided add constraint payments_undecided_pkey PRIMARY KEY (payment_id);
create table public.positions (
  participant_id text not null,
  currency text not null,
  position_account_id uuid not null,
  cap_account_id uuid not null,
  on_us_debit_account_id uuid not null,
  on_us_credit_account_id uuid not null
);
alter table public.positions add constraint positions_cap_account_id_key UNIQUE (cap_account_id);
alter table public.positions add constraint positions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.positions add constraint positions_on_us_credit_account_id_key UNIQUE (on_us_credit_account_id);
alter table public.positions add constraint positions_on_us_debit_account_id_key UNIQUE (on_us_debit_account_id);
alter table public.positions add constraint positions_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.positions add constraint positions_pkey PRIMARY KEY (participant_id, currency);
alter table public.positions add constraint positions_position_account_id_key UNIQUE (position_account_id);
create table public.settlement_accounts (
  currency text not null,
  account_id uuid not null
);
alter table public.settlement_accounts add constraint settlement_accounts_account_id_key UNIQUE (account_id);
alter table public.settlement_accounts add constraint settlement_accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.settlement_accounts add constraint settlement_accounts_pkey PRIMARY KEY (currency);
CREATE TRIGGER settlement_accounts_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.settlement_events (
  instruction_id uuid not null,
  state text not null,
  reason text,
  reference text,
  evidence_signature text,
  evidence_body text,
  at timestamp with time zone not null
);
alter table public.settlement_events add constraint settlement_events_instruction_id_fkey FOREIGN KEY (instruction_id) REFERENCES settlement_instructions(instruction_id);
alter table public.settlement_events add constraint settlement_events_pkey PRIMARY KEY (instruction_id, state);
alter table public.settlement_events add constraint settlement_events_state_check CHECK ((state = ANY (ARRAY['accepted'::text, 'rejected'::text, 'settled'::text, 'retried'::text, 'rolled'::text])));
CREATE TRIGGER settlement_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.settlement_instructions (
  instruction_id uuid not null,
  cycle_id integer not null,
  currency text not null,
  participant_id text not null,
  direction text not null,
  amount_minor numeric(39,0) not null,
  attempt smallint not null,
  agent_id text not null,
  created_at timestamp with time zone not null
);
alter table public.settlement_instructions add constraint settlement_instructions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES participants(participant_id);
alter table public.settlement_instructions add constraint settlement_instructions_amount_minor_check CHECK ((amount_minor > (0)::numeric));
alter table public.settlement_instructions add constraint settlement_instructions_attempt_check CHECK ((attempt > 0));
alter table public.settlement_instructions add constraint settlement_instructions_cycle_id_currency_participant_id_at_key UNIQUE (cycle_id, currency, participant_id, attempt);
alter table public.settlement_instructions add constraint settlement_instructions_cycle_id_currency_participant_id_fkey FOREIGN KEY (cycle_id, currency, participant_id) REFERENCES settlement_items(cycle_id, currency, participant_id);
alter table public.settlement_instructions add constraint settlement_instructions_direction_check CHECK ((direction = ANY (ARRAY['pay_in'::text, 'pay_out'::text])));
alter table public.settlement_instructions add constraint settlement_instructions_pkey PRIMARY KEY (instruction_id);
CREATE TRIGGER settlement_instructions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_instructions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.settlement_items (
  cycle_id integer not null,
  currency text not null,
  participant_id text not null,
  due_minor numeric(39,0) not null,
  set_aside_id uuid,
  set_aside_minor numeric(39,0) not null
);
alter table public.settlement_items add constraint settlement_items_check CHECK (((set_aside_minor >= (0)::numeric) AND (set_aside_minor <= abs(due_minor))));
alter table public.settlement_items add constraint settlement_items_check1 CHECK (((due_minor > (0)::numeric) = (set_aside_id IS NOT NULL)));
alter table public.settlement_items add constraint settlement_items_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text));
alter table public.settlement_items add constraint settlement_items_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.settlement_items add constraint settlement_items_due_minor_check CHECK ((due_minor <> (0)::numeric));
alter table public.settlement_items add constraint settlement_items_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES participants(participant_id);
alter table public.settlement_items add constraint settlement_items_pkey PRIMARY KEY (cycle_id, currency, participant_id);
CREATE TRIGGER settlement_items_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.settlement_pay_outs (
  cycle_id integer not null,
  currency text not null,
  at timestamp with time zone not null
);
alter table public.settlement_pay_outs add constraint settlement_pay_outs_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES clearing_cycles(cycle_id);
alter table public.settlement_pay_outs add constraint settlement_pay_outs_pkey PRIMARY KEY (cycle_id, currency);
CREATE TRIGGER settlement_pay_outs_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.settlement_pay_outs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.token_events (
  token_id uuid not null,
  sequence integer not null,
  event text not null,
  actor text not null,
  participant_id text not null,
  at timestamp with time zone not null,
  created jsonb
);
alter table public.token_events add constraint token_events_actor_check CHECK ((actor = ANY (ARRAY['wallet'::text, 'issuer'::text, 'operator'::text])));
alter table public.token_events add constraint token_events_event_check CHECK ((event = ANY (ARRAY['create'::text, 'approve'::text, 'activate'::text, 'suspend'::text, 'resume'::text, 'control'::text, 'replace'::text, 'delete'::text])));
alter table public.token_events add constraint token_events_pkey PRIMARY KEY (token_id, sequence);
alter table public.token_events add constraint token_events_sequence_check CHECK ((sequence > 0));
alter table public.token_events add constraint token_events_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(token_id);
CREATE TRIGGER token_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.token_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.token_refusals (
  refusal_id uuid not null,
  token_id uuid not null,
  reason text not null,
  sender_id text not null,
  acquirer_id text,
  merchant_id text,
  currency text not null,
  minor bigint not null,
  at timestamp with time zone not null
);
alter table public.token_refusals add constraint token_refusals_pkey PRIMARY KEY (refusal_id);
alter table public.token_refusals add constraint token_refusals_reason_check CHECK ((reason = ANY (ARRAY['requestor'::text, 'channel'::text, 'merchant'::text, 'currency'::text, 'amount'::text, 'count'::text, 'validity'::text, 'state'::text, 'cryptogram'::text, 'counter'::text, 'payer_code'::text])));
CREATE INDEX token_refusals_token ON public.token_refusals USING btree (token_id, refusal_id);
CREATE TRIGGER token_refusals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.token_refusals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
create table public.token_reservations (
  payment_id uuid not null,
  token_id uuid not null,
  day date not null,
  minor bigint not null
);
alter table public.token_reservations add constraint token_reservations_minor_check CHECK ((minor > 0));
alter table public.token_reservations add constraint token_reservations_pkey PRIMARY KEY (payment_id);
create table public.token_usage (
  token_id uuid not null,
  day date not null,
  uses integer not null,
  minor bigint not null,
  last_counter bigint not null default 0
);
alter table public.token_usage add constraint token_usage_last_counter_check CHECK ((last_counter >= 0));
alter table public.token_usage add constraint token_usage_minor_check CHECK ((minor >= 0));
alter table public.token_usage add constraint token_usage_pkey PRIMARY KEY (token_id, day);
alter table public.token_usage add constraint token_usage_uses_check CHECK ((uses >= 0));
create table public.tokens (
  token_id uuid not null,
  wallet_id text not null,
  issuer_id text not null,
  account_sealed bytea not null,
  account_key_id uuid not null,
  device_key_id uuid not null,
  account_marking text not null,
  account_hint text not null,
  presentments text[] not null,
  limit_currency text,
  limit_minor bigint,
  suspended_by text[] not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  requestor_id text not null,
  assurance_method text not null default '00'::text,
  account_algorithm text not null default 'A256GCM'::text,
  activation text not null default 'at_once'::text,
  approved_at timestamp with time zone,
  activated_at timestamp with time zone,
  merchants text[],
  categories text[],
  day_count_max integer,
  day_minor_max bigint,
  total_count_max integer,
  total_minor_max bigint,
  cryptogram text not null default 'optional'::text,
  device_generation smallint not null default 0
);
alter table public.tokens add constraint tokens_account_algorithm_check CHECK ((account_algorithm = ANY (ARRAY['A256GCM'::text, 'SM4CBC-HSM3'::text])));
alter table public.tokens add constraint tokens_account_hint_check CHECK ((length(account_hint) <= 4));
alter table public.tokens add constraint tokens_account_key_id_fkey FOREIGN KEY (account_key_id) REFERENCES vault_keys(key_id);
alter table public.tokens add constraint tokens_account_marking_check CHECK ((account_marking ~ '^[0-9A-Z]{29}$'::text));
alter table public.tokens add constraint tokens_activation_check CHECK ((activation = ANY (ARRAY['at_once'::text, 'by_wallet'::text])));
alter table public.tokens add constraint tokens_assurance_method_check CHECK ((assurance_method = ANY (ARRAY['00'::text, '10'::text, '11'::text, '12'::text, '13'::text, '14'::text])));
alter table public.tokens add constraint tokens_categories_check CHECK (((cardinality(categories) >= 1) AND (cardinality(categories) <= 50)));
alter table public.tokens add constraint tokens_check CHECK ((expires_at > created_at));
alter table public.tokens add constraint tokens_check1 CHECK (((activated_at >= approved_at) AND ((activated_at IS NULL) OR (approved_at IS NOT NULL))));
alter table public.tokens add constraint tokens_cryptogram_check CHECK ((cryptogram = ANY (ARRAY['optional'::text, 'required'::text])));
alter table public.tokens add constraint tokens_day_count_max_check CHECK ((day_count_max > 0));
alter table public.tokens add constraint tokens_day_minor_max_check CHECK ((day_minor_max > 0));
alter table public.tokens add constraint tokens_device_generation_check CHECK ((device_generation >= 0));
alter table public.tokens add constraint tokens_device_key_id_fkey FOREIGN KEY (device_key_id) REFERENCES vault_keys(key_id);
alter table public.tokens add constraint tokens_issuer_id_fkey FOREIGN KEY (issuer_id) REFERENCES participants(participant_id);
alter table public.tokens add constraint tokens_limit_currency_check CHECK ((limit_currency ~ '^[A-Z]{3}$'::text));
alter table public.tokens add constraint tokens_limit_minor_check CHECK ((limit_minor > 0));
alter table public.tokens add constraint tokens_limits_have_a_currency CHECK (((limit_currency IS NOT NULL) OR ((limit_minor IS NULL) AND (day_minor_max IS NULL) AND (total_minor_max IS NULL))));
alter table public.tokens add constraint tokens_merchants_check CHECK (((cardinality(merchants) >= 1) AND (cardinality(merchants) <= 50)));
alter table public.tokens add constraint tokens_pkey PRIMARY KEY (token_id);
alter table public.tokens add constraint tokens_presentments_check CHECK (((presentments <@ ARRAY['merchant'::text, 'consumer'::text]) AND ((cardinality(presentments) >= 1) AND (cardinality(presentments) <= 2))));
alter table public.tokens add constraint tokens_requestor_id_check CHECK ((requestor_id ~ '^[0-9]{11}$'::text));
alter table public.tokens add constraint tokens_suspended_by_check CHECK ((suspended_by <@ ARRAY['wallet'::text, 'issuer'::text, 'operator'::text]));
alter table public.tokens add constraint tokens_total_count_max_check CHECK ((total_count_max > 0));
alter table public.tokens add constraint tokens_total_minor_max_check CHECK ((total_minor_max > 0));
alter table public.tokens add constraint tokens_wallet_id_fkey FOREIGN KEY (wallet_id) REFERENCES participants(participant_id);
CREATE INDEX tokens_account ON public.tokens USING btree (issuer_id, account_marking);
CREATE INDEX tokens_account_key ON public.tokens USING btree (account_key_id);
create table public.vault_keys (
  key_id uuid not null,
  purpose text not null,
  algorithm text not null,
  wrapped bytea not null,
  wrapped_by bytea not null,
  is_current boolean not null,
  created_at timestamp with time zone not null,
  superseded_at timestamp with time zone
);
alter table public.vault_keys add constraint vault_keys_check CHECK ((is_current = (superseded_at IS NULL)));
alter table public.vault_keys add constraint vault_keys_pkey PRIMARY KEY (key_id);
alter table public.vault_keys add constraint vault_keys_purpose_check CHECK ((purpose = ANY (ARRAY['account'::text, 'message'::text, 'index'::text, 'device'::text])));
alter table public.vault_keys add constraint vault_keys_wrapped_by_check CHECK ((length(wrapped_by) = 8));
CREATE UNIQUE INDEX vault_keys_current ON public.vault_keys USING btree (purpose) WHERE is_current;
create table public.vault_rotations (
  rotation_id uuid not null,
  started_at timestamp with time zone not null,
  resealed bigint not null default 0,
  finished_at timestamp with time zone
);
alter table public.vault_rotations add constraint vault_rotations_pkey PRIMARY KEY (rotation_id);
alter table public.vault_rotations add constraint vault_rotations_resealed_check CHECK ((resealed >= 0));

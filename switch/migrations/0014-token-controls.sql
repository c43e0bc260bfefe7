-- Tokens get their domain controls, their assurance and the whole life of EMVCo's framework; payments take of
-- a token's limits in their own transaction; payer codes are issued online too (spec/tokens.md).
alter table tokens
  -- EMVCo's token requestor id: network number, 0, participant number
  add column requestor_id text check (requestor_id ~ '^[0-9]{11}$'),
  -- how the issuer verified the account holder, by EMVCo's numbers
  add column assurance_method text not null default '00'
    check (assurance_method in ('00', '10', '11', '12', '13', '14')),
  -- how the account is sealed: a row tells it itself, so that rows of two profiles lie side by side
  add column account_algorithm text not null default 'A256GCM'
    check (account_algorithm in ('A256GCM', 'SM4CBC-HSM3')),
  add column activation text not null default 'at_once' check (activation in ('at_once', 'by_wallet')),
  add column approved_at timestamptz,
  add column activated_at timestamptz,
  -- 'acquirer' or 'acquirer/merchant'; null: everywhere
  add column merchants text[] check (cardinality(merchants) between 1 and 50),
  add column categories text[] check (cardinality(categories) between 1 and 50),
  add column day_count_max int check (day_count_max > 0),
  add column day_minor_max bigint check (day_minor_max > 0),
  add column total_count_max int check (total_count_max > 0),
  add column total_minor_max bigint check (total_minor_max > 0),
  add column cryptogram text not null default 'optional' check (cryptogram in ('optional', 'required')),
  -- which of its devices a token is on: a lost one's key is never derived again
  add column device_generation smallint not null default 0 check (device_generation >= 0),
  -- all amounts of one token have one currency
  drop constraint tokens_check1,
  add constraint tokens_limits_have_a_currency check (limit_currency is not null
    or (limit_minor is null and day_minor_max is null and total_minor_max is null));

update tokens set
  requestor_id = '0001' || '0' || (select number from participants where participant_id = wallet_id),
  approved_at = created_at, activated_at = created_at;

alter table tokens
  alter column requestor_id set not null,
  add check (activated_at >= approved_at and (activated_at is null or approved_at is not null));

alter table token_events
  -- the token as it was made, for the answer to a request that is sent again
  add column created jsonb,
  drop constraint token_events_event_check,
  add constraint token_events_event_check check (event in ('create', 'approve', 'activate', 'suspend',
    'resume', 'control', 'replace', 'delete'));

-- What payments took of a token's limits, by day (UTC), and over its whole life in the row of day 0001-01-01;
-- only tokens with such limits, or whose device makes cryptograms, have rows.
create table token_usage (
  token_id uuid not null,
  day date not null,
  uses int not null check (uses >= 0),
  minor bigint not null check (minor >= 0),
  -- of the last cryptogram, in the row of the whole life
  last_counter bigint not null default 0 check (last_counter >= 0),
  primary key (token_id, day)
) with (fillfactor = 50);

-- What one payment took, so that it can be given back when the payment comes to nothing.
create table token_reservations (
  payment_id uuid primary key,
  token_id uuid not null,
  day date not null,
  minor bigint not null check (minor > 0)
);

/*
 * Gives back what payments took that came to nothing, then takes for new ones, in order. Answers for each
 * taker null, or what does not let it: 'count', 'amount' or 'counter'; such a one takes nothing. Rows are
 * locked first, in one order for all processes. p_counters holds null for a payment without cryptogram.
 */
create function change_token_uses(p_release uuid[], p_payments uuid[], p_tokens uuid[], p_days date[],
  p_minors bigint[], p_counters bigint[], p_counter_window bigint) returns text[] language plpgsql as $$
declare
  whole constant date := '0001-01-01';
  verdicts text[] := array_fill(null::text, array[cardinality(p_payments)]);
  limits tokens;
  of_day token_usage;
  of_life token_usage;
  is_limited boolean;
begin
  insert into token_usage (token_id, day, uses, minor)
    select t, d, 0, 0 from unnest(p_tokens, p_days) as taker (t, d)
    union select t, whole, 0, 0 from unnest(p_tokens) as t
    order by 1, 2 on conflict do nothing;
  perform 1 from token_usage u where (u.token_id, u.day) in (
      select t, d from unnest(p_tokens, p_days) as taker (t, d)
      union select t, whole from unnest(p_tokens) as t
      union select token_id, day from token_reservations where payment_id = any(p_release)
      union select token_id, whole from token_reservations where payment_id = any(p_release))
    order by u.token_id, u.day for no key update;
  with gone as (
      delete from token_reservations where payment_id = any(p_release) returning token_id, day, minor),
    sums as (
      select token_id, day, count(*) as uses, sum(minor) as minor from gone group by 1, 2
      union all select token_id, whole, count(*), sum(minor) from gone group by 1)
    update token_usage u set uses = u.uses - sums.uses, minor = u.minor - sums.minor
      from sums where u.token_id = sums.token_id and u.day = sums.day;
  for i in 1 .. cardinality(p_payments) loop
    select * into limits from tokens where token_id = p_tokens[i];
    select * into of_day from token_usage where token_id = p_tokens[i] and day = p_days[i];
    select * into of_life from token_usage where token_id = p_tokens[i] and day = whole;
    is_limited := coalesce(limits.day_count_max, limits.day_minor_max, limits.total_count_max,
      limits.total_minor_max) is not null;
    verdicts[i] := case
      when p_counters[i] <= of_life.last_counter then 'counter'
      when p_counters[i] > of_life.last_counter + p_counter_window then 'counter'
      when of_day.uses >= limits.day_count_max or of_life.uses >= limits.total_count_max then 'count'
      when of_day.minor + p_minors[i] > limits.day_minor_max
        or of_life.minor + p_minors[i] > limits.total_minor_max then 'amount'
      end;
    if verdicts[i] is null and is_limited then
      insert into token_reservations values (p_payments[i], p_tokens[i], p_days[i], p_minors[i]);
      update token_usage set uses = uses + 1, minor = minor + p_minors[i]
        where token_id = p_tokens[i] and day in (p_days[i], whole);
    end if;
    if verdicts[i] is null and p_counters[i] is not null then
      update token_usage set last_counter = p_counters[i] where token_id = p_tokens[i] and day = whole;
    end if;
  end loop;
  return verdicts;
end
$$;

-- Why a token was not good for a payment, for its issuer and the operator; who asked is not told.
create table token_refusals (
  refusal_id uuid primary key,
  token_id uuid not null,
  reason text not null check (reason in ('requestor', 'channel', 'merchant', 'currency', 'amount', 'count',
    'validity', 'state', 'cryptogram', 'counter', 'payer_code')),
  sender_id text not null,
  acquirer_id text,
  merchant_id text,
  currency text not null,
  minor bigint not null,
  at timestamptz not null
);

create index token_refusals_token on token_refusals (token_id, refusal_id);

create trigger token_refusals_append_only before update or delete or truncate on token_refusals
  for each statement execute function refuse_change();

alter table payer_code_handles
  add column device_generation smallint not null default 0,
  -- the request that made it; null: the one that made the token
  add column batch uuid,
  -- since when it stands for nothing any more
  add column retired_at timestamptz;

-- Payer codes the switch made on a wallet's request: the code's keyed digest, never the code.
create table online_payer_codes (
  code_digest bytea primary key check (length(code_digest) = 32),
  token_id uuid not null,
  expires_at timestamptz not null
);

create index online_payer_codes_expiry on online_payer_codes (expires_at);

-- Changes of the account key that the operator asked for, each at work until it is finished.
create table vault_rotations (
  rotation_id uuid primary key,
  started_at timestamptz not null,
  resealed bigint not null default 0 check (resealed >= 0),
  finished_at timestamptz
);

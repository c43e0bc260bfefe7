-- Keys: not_before told when a key was entered, and nothing judged by it. From now on it is judged by (a
-- message or code signed earlier is refused), so it is null unless the owner names an instant, and
-- registered_at tells when the key came.
alter table participant_keys alter column not_before drop not null;
alter table participant_keys add column registered_at timestamptz;
update participant_keys set registered_at = not_before, not_before = null;
alter table participant_keys alter column registered_at set not null;
alter table participant_keys add check (expires_at > not_before);

-- Codes: null in these means what held before: dynamic codes are paid once, static ones many times; the
-- payload is the EMVCo text; the amount is paid as it stands.
alter table merchant_codes
  add column uses text check (uses in ('single', 'many')),
  add column form text check (form in ('emv', 'url')),
  add column tip_max_minor bigint check (tip_max_minor > 0);

-- What is served at the URL of a code: the compact JWS of its acquirer (spec/signing.md 6.3). One for good.
create table merchant_code_documents (
  code_id text primary key references merchant_codes,
  document text not null check (length(document) <= 8192),
  kid text not null,
  created_at timestamptz not null
);

create trigger merchant_code_documents_append_only before update or delete or truncate
  on merchant_code_documents for each statement execute function refuse_change();

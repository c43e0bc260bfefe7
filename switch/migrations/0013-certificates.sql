-- TLS certificates of participants: who is behind a connection (RFC 8705). A certificate counts because it is
-- in this table, not only because an authority has signed it. Revoked rows stay: the revocation list is made
-- of them.
create table participant_certificates (
  -- x5t#S256: base64url SHA-256 of the DER
  thumbprint text primary key check (thumbprint ~ '^[A-Za-z0-9_-]{43}$'),
  participant_id text not null references participants,
  serial text not null check (serial ~ '^[0-9a-f]{1,40}$'),
  issuer text not null,
  -- RFC 7638 thumbprint of the public key, to tell it from keys that sign
  key_thumbprint text not null,
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after > not_before),
  pem text not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  revocation_reason text check (revocation_reason in ('unspecified', 'keyCompromise', 'superseded',
    'cessationOfOperation')),
  check ((revoked_at is null) = (revocation_reason is null))
);

create index participant_certificates_owner on participant_certificates (participant_id);

import type { ParticipantId } from '@barlink/protocol';
import type { RevocationReason } from '@barlink/signing/certificates';
import type { Queryable } from '../database/index.ts';
import type { ParticipantCertificate } from './certificate.ts';

/** SQL of the table `participant_certificates`. */
export interface CertificateStore {
  listCertificates(database: Queryable): Promise<readonly ParticipantCertificate[]>;
  /** False when it is entered already, for whomever. */
  insertCertificate(connection: Queryable, certificate: ParticipantCertificate): Promise<boolean>;
  /** False when the participant has no such certificate that is not revoked. */
  revokeCertificate(
    connection: Queryable,
    revoked: {
      readonly participantId: string;
      readonly thumbprint: string;
      readonly at: Date;
      readonly reason: RevocationReason;
    },
  ): Promise<boolean>;
}

/** The store; it holds no state of its own. */
export function createCertificateStore(): CertificateStore {
  return { listCertificates, insertCertificate, revokeCertificate };
}

async function listCertificates(database: Queryable): Promise<readonly ParticipantCertificate[]> {
  const { rows } = await database.query<{
    thumbprint: string;
    participant_id: ParticipantId;
    serial: string;
    issuer: string;
    key_thumbprint: string;
    not_before: Date;
    not_after: Date;
    pem: string;
    created_at: Date;
    revoked_at: Date | null;
    revocation_reason: RevocationReason | null;
  }>({
    name: 'participants-certificates',
    text: `select thumbprint, participant_id, serial, issuer, key_thumbprint, not_before, not_after, pem,
      created_at, revoked_at, revocation_reason from participant_certificates
      order by participant_id, not_after, thumbprint`,
  });
  return rows.map((row) => ({
    thumbprint: row.thumbprint,
    participantId: row.participant_id,
    serial: row.serial,
    issuer: row.issuer,
    keyThumbprint: row.key_thumbprint,
    notBefore: row.not_before,
    notAfter: row.not_after,
    pem: row.pem,
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
    revocationReason: row.revocation_reason ?? undefined,
  }));
}

async function insertCertificate(
  connection: Queryable,
  certificate: ParticipantCertificate,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into participant_certificates (thumbprint, participant_id, serial, issuer, key_thumbprint,
        not_before, not_after, pem, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    values: [
      certificate.thumbprint,
      certificate.participantId,
      certificate.serial,
      certificate.issuer,
      certificate.keyThumbprint,
      certificate.notBefore,
      certificate.notAfter,
      certificate.pem,
      certificate.createdAt,
    ],
  });
  return rowCount === 1;
}

async function revokeCertificate(
  connection: Queryable,
  revoked: { participantId: string; thumbprint: string; at: Date; reason: RevocationReason },
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `update participant_certificates set revoked_at = $3, revocation_reason = $4
      where participant_id = $1 and thumbprint = $2 and revoked_at is null`,
    values: [revoked.participantId, revoked.thumbprint, revoked.at, revoked.reason],
  });
  return rowCount === 1;
}

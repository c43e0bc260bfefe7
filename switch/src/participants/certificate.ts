import type { ParticipantId } from '@barlink/protocol';
import type { Certificate, RevocationReason } from '@barlink/signing/certificates';

/** A TLS certificate that the operator has entered for a participant. */
export interface ParticipantCertificate extends Omit<Certificate, 'hosts' | 'subject'> {
  readonly participantId: ParticipantId;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
  readonly revocationReason: RevocationReason | undefined;
}

/** Why a certificate that is entered does not count. */
export type CertificateFault = 'TLS_CERTIFICATE_REVOKED' | 'TLS_CERTIFICATE_EXPIRED';

/** Why a certificate that is entered does not count now; `undefined` when it does. */
export function findFault(certificate: ParticipantCertificate, now: Date): CertificateFault | undefined {
  if (certificate.revokedAt !== undefined) {
    return 'TLS_CERTIFICATE_REVOKED';
  }
  const isInTime = certificate.notBefore <= now && now < certificate.notAfter;
  return isInTime ? undefined : 'TLS_CERTIFICATE_EXPIRED';
}

/** A certificate as the operator sees it. */
export function renderCertificate(certificate: ParticipantCertificate) {
  const { revokedAt, revocationReason } = certificate;
  return {
    thumbprint: certificate.thumbprint,
    serial: certificate.serial,
    issuer: certificate.issuer,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    ...(revokedAt === undefined ? {} : { revokedAt: revokedAt.toISOString() }),
    ...(revocationReason === undefined ? {} : { revocationReason }),
  };
}

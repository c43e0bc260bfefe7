import { parseParticipantId } from '@barlink/protocol';
import {
  type Authority,
  assertRequestFits,
  type Certificate,
  CertificateError,
  findIssuer,
  hostOfUrl,
  type RevocationReason,
  readCertificate,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Queryable } from '../database/index.ts';
import type { ParticipantCertificate } from './certificate.ts';
import type { CertificateRegistry } from './certificate-registry-service.ts';
import type { CertificateStore } from './certificate-store.ts';
import { ParticipantError } from './errors.ts';
import type { Participant } from './participant.ts';
import { getParticipant, type ParticipantRegistry } from './registry-service.ts';

/**
 * Use cases of participants' TLS certificates; every change is recorded with the operator's signed message.
 */
export interface CertificateService {
  /** Has this switch's authority issue a certificate for a participant's request, and enters it. */
  issue(
    message: WriteMessage,
    id: string,
    wanted: { readonly request: string; readonly days?: number | undefined },
  ): Promise<KeptAnswer>;
  /** Enters a certificate that was issued elsewhere by an authority the operator trusts. */
  enter(message: WriteMessage, id: string, pem: string): Promise<KeptAnswer>;
  revoke(
    message: WriteMessage,
    id: string,
    revoked: { readonly thumbprint: string; readonly reason: RevocationReason },
  ): Promise<KeptAnswer>;
  /** @throws {ParticipantError} `PARTICIPANT_UNKNOWN` */
  list(id: string): readonly ParticipantCertificate[];
  /** Enters the first operator's certificate without a message; one that is entered stays as it is. */
  bootstrap(operatorId: string, pem: string): Promise<void>;
}

/** What the service is made of. */
export interface CertificateServiceOptions {
  readonly audit: AuditService;
  readonly database: Queryable;
  readonly store: CertificateStore;
  readonly certificates: CertificateRegistry;
  readonly registry: ParticipantRegistry;
  /** Issues certificates; without it they are only entered. */
  readonly authority: Authority | undefined;
  /** Certificates in PEM of every authority the operator trusts. */
  readonly trusted: () => string;
  readonly revocationListUrl: string | undefined;
  readonly now: () => Date;
}

/** Certificates on their table. */
export function createCertificateService(options: CertificateServiceOptions): CertificateService {
  const { audit, database, store, certificates, registry, now } = options;

  const get = (id: string) => getParticipant(registry, id);

  async function change(
    message: WriteMessage,
    id: string,
    effect: (connection: Queryable) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer> {
    const answer = await audit.once(message, id, effect);
    await certificates.refresh();
    return answer;
  }

  async function insert(connection: Queryable, certificate: ParticipantCertificate): Promise<void> {
    if (!(await store.insertCertificate(connection, certificate))) {
      throw new ParticipantError('PARTICIPANT_CERTIFICATE_EXISTS');
    }
  }

  function readForeign(id: string, pem: string): ParticipantCertificate {
    const read = readCertificate(pem);
    findIssuer(read.pem, options.trusted());
    const isOther = read.subject !== id && registry.find(read.subject) !== undefined;
    if (isOther) {
      throw new CertificateError('CERTIFICATE_SUBJECT_MISMATCH');
    }
    const at = now();
    if (at < read.notBefore || read.notAfter <= at) {
      throw new CertificateError('CERTIFICATE_VALIDITY_INVALID');
    }
    if (otherKeysOf(id, options).has(read.keyThumbprint)) {
      throw new CertificateError('CERTIFICATE_KEY_REUSED');
    }
    return toRow(id, read, at);
  }

  return {
    list: (id) => certificates.list(get(id).id),
    async issue(message, id, { request, days }) {
      const issued = await issueFor(get(id), { request, days }, options);
      return change(message, id, async (connection) => {
        await insert(connection, toRow(id, issued, now()));
        return { status: 201, body: JSON.stringify(renderIssued(issued, options.trusted())) };
      });
    },
    async enter(message, id, pem) {
      const row = readForeign(get(id).id, pem);
      return change(message, id, async (connection) => {
        await insert(connection, row);
        return { status: 201, body: JSON.stringify(renderIssued(row, options.trusted())) };
      });
    },
    async revoke(message, id, { thumbprint, reason }) {
      return change(message, get(id).id, async (connection) => {
        const revoked = { participantId: id, thumbprint, at: now(), reason };
        if (!(await store.revokeCertificate(connection, revoked))) {
          throw new ParticipantError('PARTICIPANT_CERTIFICATE_UNKNOWN');
        }
        return { status: 200, body: '{}' };
      });
    },
    async bootstrap(operatorId, pem) {
      await store.insertCertificate(database, readForeign(operatorId, pem));
      await certificates.refresh();
    },
  };
}

/** spec/certificates.md 3: the checks on a request, in their order. */
async function issueFor(
  participant: Participant,
  wanted: { readonly request: string; readonly days: number | undefined },
  options: CertificateServiceOptions,
): Promise<Certificate> {
  const { authority, revocationListUrl, now } = options;
  if (authority === undefined) {
    throw new ParticipantError('CERTIFICATE_AUTHORITY_MISSING');
  }
  const request = await verifyCertificateRequest(wanted.request);
  const otherKeys = otherKeysOf(participant.id, options);
  assertRequestFits(request, {
    participantId: participant.id,
    hosts: [hostOfUrl(participant.url)],
    otherKeys,
  });
  return authority.issue({
    participantId: participant.id,
    hosts: request.hosts,
    publicKey: request.publicKey,
    now: now(),
    revocationListUrl,
    ...(wanted.days === undefined ? {} : { days: wanted.days }),
  });
}

/** Keys that a certificate of this participant must not hold: those that sign, and those of others. */
function otherKeysOf(id: string, { registry, certificates }: CertificateServiceOptions): ReadonlySet<string> {
  const signing = registry.list().flatMap((participant) => registry.listKeys(participant.id));
  const others = certificates.list().filter(({ participantId }) => participantId !== id);
  return new Set([...signing.map(({ kid }) => kid), ...others.map(({ keyThumbprint }) => keyThumbprint)]);
}

function toRow(id: string, certificate: Certificate, at: Date): ParticipantCertificate {
  const { hosts: _hosts, subject: _subject, ...rest } = certificate;
  return {
    ...rest,
    participantId: parseParticipantId(id),
    createdAt: at,
    revokedAt: undefined,
    revocationReason: undefined,
  };
}

/** What the participant installs: its certificate, and whom it is to trust. */
function renderIssued(certificate: Certificate | ParticipantCertificate, authorities: string) {
  const { thumbprint, serial, issuer, notBefore, notAfter, pem } = certificate;
  return {
    thumbprint,
    serial,
    issuer,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    certificate: pem,
    authorities,
  };
}

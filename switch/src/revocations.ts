import { X509Certificate } from 'node:crypto';
import {
  type Authority,
  decodePem,
  type RevocationList,
  readRevocationList,
} from '@barlink/signing/certificates';
import type { TlsMaterial } from './http/index.ts';
import type { CertificateRegistry } from './participants/index.ts';
import type { TlsFiles } from './tls-files.ts';

/** The list of revoked certificates, and the TLS material that follows from it. */
export interface Revocations {
  /** The list of our own authority, to be served; `undefined` without one. */
  readonly list: RevocationList | undefined;
  /** What connections are made with; `undefined` without TLS of our own. */
  readonly material: TlsMaterial | undefined;
  /** Every authority the operator trusts, PEM. */
  readonly trusted: string;
  /** Signs a new list of what is revoked now, and tells of the new material. */
  renew(): Promise<void>;
  /** Takes other files in place of those before. */
  replaceFiles(files: TlsFiles): Promise<void>;
  /** Who is told of new material; one at a time. */
  onMaterial: (material: TlsMaterial) => void;
}

/** Lists are signed anew on every change, and in time before they end. */
export async function createRevocations(options: {
  readonly authority: Authority | undefined;
  readonly files: TlsFiles | undefined;
  readonly certificates: Pick<CertificateRegistry, 'list'>;
  readonly now: () => Date;
}): Promise<Revocations> {
  const { authority, certificates, now } = options;
  let { files } = options;
  let list: RevocationList | undefined;
  let material: TlsMaterial | undefined;
  let last = Promise.resolve();

  async function renewNow(): Promise<void> {
    list = await signList();
    if (files !== undefined) {
      material = await makeMaterial(files, list, now());
      revocations.onMaterial(material);
    }
  }

  async function signList(): Promise<RevocationList | undefined> {
    if (authority === undefined) {
      return undefined;
    }
    const issuer = namesOf(authority.certificatePem);
    const revoked = certificates.list().flatMap(({ pem, serial, notAfter, revokedAt, revocationReason }) => {
      const isListed =
        revokedAt !== undefined && notAfter > now() && new X509Certificate(pem).issuer === issuer;
      return isListed
        ? [{ serial, at: revokedAt, reason: revocationReason ?? ('unspecified' as const) }]
        : [];
    });
    return authority.signRevocationList({ revoked, number: now().getTime(), now: now() });
  }

  const revocations: Revocations = {
    onMaterial: () => undefined,
    get list() {
      return list;
    },
    get material() {
      return material;
    },
    get trusted() {
      return `${authority?.certificatePem ?? ''}${files?.ca ?? ''}`;
    },
    renew() {
      // One after the other: the last one to be asked for is the last one to be told.
      last = last.catch(() => undefined).then(renewNow);
      return last;
    },
    replaceFiles(next) {
      files = next;
      return revocations.renew();
    },
  };
  await revocations.renew();
  return revocations;
}

function namesOf(pem: string): string {
  return new X509Certificate(pem).subject;
}

/**
 * OpenSSL, told of any list, refuses everyone whose authority has none. So the lists are used where there is
 * one of every authority; the register of certificates tells revoked ones in any case.
 */
async function makeMaterial(
  files: TlsFiles,
  own: RevocationList | undefined,
  now: Date,
): Promise<TlsMaterial> {
  const { cert, key, ca } = files;
  const lists = [...(own === undefined ? [] : [own.pem]), ...files.lists];
  const authorities = decodePem(ca, ['CERTIFICATE']).map((der) => new X509Certificate(der).toString());
  const covered = await Promise.all(
    authorities.map((authorityPem) =>
      Promise.any(lists.map((list) => readRevocationList(Buffer.from(list), { authorityPem, now }))).then(
        () => true,
        () => false,
      ),
    ),
  );
  return { cert, key, ca, crl: covered.every(Boolean) ? lists.join('') : undefined };
}

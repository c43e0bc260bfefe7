import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ParticipantId } from '@barlink/protocol';
import { certificateThumbprint } from '@barlink/signing/certificates';
import type { CertificateRegistry } from '../participants/index.ts';
import { HttpError } from './errors.ts';

/** How the switch learns which certificate a request came with. */
export type CertificateSource =
  /** No TLS: no certificates, a message is known by its signature alone. */
  | { readonly kind: 'none' }
  /** TLS ends here. */
  | { readonly kind: 'connection' }
  /** TLS ends in a proxy at one of these addresses, which says what it saw in `Client-Cert` (RFC 9440). */
  | { readonly kind: 'proxy'; readonly addresses: ReadonlySet<string> };

/** Whose certificate a request came with; `undefined` when none are asked for. */
export type CertificateOwner = (
  request: IncomingMessage,
) => ParticipantId | undefined | Promise<ParticipantId | undefined>;

/**
 * The check that certificates are of a participant and count (spec/certificates.md 5.2). A connection's
 * certificate is hashed once; each request then costs a look into a map.
 *
 * @throws {HttpError} `TLS_HEADER_FORBIDDEN`, `TLS_CERTIFICATE_MISSING`, `_UNKNOWN`, `_REVOKED`, `_EXPIRED`
 */
export function createCertificateOwner(options: {
  readonly source: CertificateSource;
  readonly certificates: CertificateRegistry;
}): CertificateOwner {
  const { source, certificates } = options;

  function ownerOf(thumbprint: string): ParticipantId | undefined {
    const found = certificates.find(thumbprint);
    if (found?.fault !== undefined) {
      throw new HttpError(found.fault);
    }
    return found?.owner;
  }

  async function ownerAfterLooking(thumbprint: string): Promise<ParticipantId> {
    await certificates.lookAgain();
    const owner = ownerOf(thumbprint);
    if (owner === undefined) {
      throw new HttpError('TLS_CERTIFICATE_UNKNOWN');
    }
    return owner;
  }

  return (request) => {
    if (source.kind !== 'proxy' && request.headers['client-cert'] !== undefined) {
      throw new HttpError('TLS_HEADER_FORBIDDEN');
    }
    if (source.kind === 'none') {
      return undefined;
    }
    const thumbprint =
      source.kind === 'proxy'
        ? toldThumbprint(request, source.addresses)
        : connectionThumbprint(request.socket);
    if (thumbprint === undefined) {
      throw new HttpError('TLS_CERTIFICATE_MISSING');
    }
    return ownerOf(thumbprint) ?? ownerAfterLooking(thumbprint);
  };
}

const thumbprints = new WeakMap<Socket, string>();

function connectionThumbprint(socket: Socket): string | undefined {
  const known = thumbprints.get(socket);
  if (known !== undefined || !(socket instanceof TLSSocket) || !socket.authorized) {
    return known;
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    return undefined;
  }
  const thumbprint = certificateThumbprint(certificate.raw);
  thumbprints.set(socket, thumbprint);
  return thumbprint;
}

/** RFC 9440 2.2: the DER of the certificate as a byte sequence, `:base64:`. */
const clientCert = /^:([A-Za-z0-9+/]{1,16384}={0,2}):$/;

function toldThumbprint(request: IncomingMessage, addresses: ReadonlySet<string>): string | undefined {
  const told = request.headers['client-cert'];
  if (told === undefined) {
    return undefined;
  }
  const from = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const base64 = typeof told === 'string' ? clientCert.exec(told)?.[1] : undefined;
  if (!addresses.has(from) || base64 === undefined) {
    throw new HttpError('TLS_HEADER_FORBIDDEN');
  }
  return certificateThumbprint(Buffer.from(base64, 'base64'));
}

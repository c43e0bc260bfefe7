import type { TLSSocket } from 'node:tls';

/** A participant's side of mutual TLS; PEM. */
export interface TlsOptions {
  /** Its certificate, with intermediate ones if its authority has them. */
  readonly cert: string;
  /** The private key of the certificate: never the key that signs messages. */
  readonly key: string;
  /** The authorities it trusts: the operator's. */
  readonly ca: string;
  /** The operator's revocation list (`GET /v1/crl`), as PEM with the label `X509 CRL`. */
  readonly crl?: string | undefined;
}

/** TLS in a client or a receiver; Node only. */
export interface TlsSettings {
  /** For a switch whose url is https. */
  readonly tls?: TlsOptions | undefined;
}

/** What node:tls takes, with TLS 1.3 as the only version (spec/certificates.md 5.1). */
export function secureOptions({ cert, key, ca, crl }: TlsOptions) {
  return { cert, key, ca, ...(crl === undefined ? {} : { crl }), minVersion: 'TLSv1.3' as const };
}

/**
 * Whether a connection's certificate is the switch's: other participants hold certificates of the same
 * authority.
 */
export function isFromSwitch(socket: TLSSocket, switchId: string): boolean {
  const names = socket.getPeerX509Certificate()?.subjectAltName ?? '';
  return names.split(', ').includes(`URI:urn:barlink:participant:${switchId}`);
}

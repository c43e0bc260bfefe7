import { isIP } from 'node:net';
import { CertificateError } from './certificate-error.ts';

/** The name a participant has inside a certificate, beside the common name. */
export function participantUri(participantId: string): string {
  return `urn:barlink:participant:${participantId}`;
}

/** A name of a certificate: what kind, and its text. */
export interface AlternativeName {
  readonly type: 'dns' | 'ip' | 'url';
  readonly value: string;
}

/** The alternative names of a participant's certificate: itself, and the hosts where it answers. */
export function alternativeNames(participantId: string, hosts: readonly string[]): AlternativeName[] {
  return [{ type: 'url', value: participantUri(participantId) }, ...hosts.map(hostName)];
}

function hostName(host: string): AlternativeName {
  const value = host.toLowerCase();
  return isIP(value) === 0 ? { type: 'dns', value } : { type: 'ip', value };
}

/** The hosts of a list of names. @throws {CertificateError} `CERTIFICATE_NAME_FORBIDDEN` */
export function hostsOf(names: readonly { readonly type: string; readonly value: string }[]): string[] {
  return names
    .filter(({ type }) => type !== 'url')
    .map(({ type, value }) => {
      if (type !== 'dns' && type !== 'ip') {
        throw new CertificateError('CERTIFICATE_NAME_FORBIDDEN', { detail: `A ${type} name has no place.` });
      }
      return value.toLowerCase();
    });
}

/** The host of a url as certificates write it: without the brackets of an IPv6 address. */
export function hostOfUrl(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

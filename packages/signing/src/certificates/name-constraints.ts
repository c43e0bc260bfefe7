import { isIPv4 } from 'node:net';
import { CertificateError } from './certificate-error.ts';
import { encodeDer } from './der.ts';
import { Extension } from './x509-library.ts';

/** Where the hosts of an authority's certificates must lie (RFC 5280 4.2.1.10). */
export interface NameConstraints {
  /** Domains: `pay.example` allows itself and everything below it. */
  readonly dns: readonly string[];
  /** IPv4 networks: `10.0.0.0/8`. */
  readonly networks: readonly string[];
}

const nameConstraintsId = '2.5.29.30';
const permittedSubtrees = 0xa0;
const dnsName = 0x82;
const ipAddress = 0x87;

/** A critical extension; a kind of name that it does not mention is not allowed at all. */
export function nameConstraintsExtension({ dns, networks }: NameConstraints): Extension {
  const names = dns.length === 0 ? ['invalid'] : dns;
  const ranges = networks.length === 0 ? ['0.0.0.0/32'] : networks;
  const subtrees = [
    ...names.map((name) => encodeDer(0x30, encodeDer(dnsName, Buffer.from(name.toLowerCase(), 'ascii')))),
    ...ranges.map((range) => encodeDer(0x30, encodeDer(ipAddress, networkBytes(range)))),
  ];
  const value = encodeDer(0x30, encodeDer(permittedSubtrees, ...subtrees));
  return new Extension(nameConstraintsId, true, value);
}

/** Address and mask, four bytes each. */
function networkBytes(text: string): Uint8Array {
  const [address = '', bits = ''] = text.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    throw new CertificateError('CERTIFICATE_NAME_FORBIDDEN', { detail: `${text} is not an IPv4 network.` });
  }
  const mask = bits === '0' ? 0 : (0xffffffff << (32 - Number(bits))) >>> 0;
  const bytes = Buffer.alloc(8);
  bytes.set(address.split('.').map(Number));
  bytes.writeUInt32BE(mask, 4);
  return bytes;
}

import { ProtocolError } from './protocol-error.ts';

declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** A participant's name in messages: 3 to 32 of a-z, 0-9 and inner hyphens, given by the operator. */
export type ParticipantId = Id<'participant'>;
/** One payment, a UUIDv7 given by the switch; its ledger reservation has the same id. */
export type PaymentId = Id<'payment'>;
/** A stand-in for an account, a UUIDv7 given by the switch. */
export type TokenId = Id<'token'>;
/** A registered merchant code: 16 characters of Crockford base32 given by the switch. */
export type CodeId = Id<'code'>;

/** Codes the id parsers throw. */
export type IdErrorCode = 'ID_FORMAT_INVALID';

/** @throws {ProtocolError} `ID_FORMAT_INVALID` */
export function parseParticipantId(text: string, path = ''): ParticipantId {
  return parse<ParticipantId>(text, /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/, 'participant id', path);
}

/** @throws {ProtocolError} `ID_FORMAT_INVALID` */
export function parsePaymentId(text: string, path = ''): PaymentId {
  return parse<PaymentId>(text, uuid7, 'payment id', path);
}

/** @throws {ProtocolError} `ID_FORMAT_INVALID` */
export function parseTokenId(text: string, path = ''): TokenId {
  return parse<TokenId>(text, uuid7, 'token id', path);
}

/** @throws {ProtocolError} `ID_FORMAT_INVALID` */
export function parseCodeId(text: string, path = ''): CodeId {
  return parse<CodeId>(text, /^[0-9A-HJKMNP-TV-Z]{16}$/, 'code id', path);
}

/** True for a UUID of version 7 in its lower-case text form (RFC 9562). */
export function isUuid7(text: string): boolean {
  return uuid7.test(text);
}

/** The Unix time in milliseconds that a UUIDv7 carries in its first 48 bits (RFC 9562 5.7). */
export function uuid7TimeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/**
 * Makes a UUIDv7 (RFC 9562 5.7) from a time and ten random bytes; pure, so that tests and simulations can fix
 * it.
 */
export function formatUuid7(timeMs: number, random: Uint8Array): string {
  const byte = (at: number) => random[at] ?? 0;
  // The version takes half a byte, so every byte behind it is made of two halves.
  const halves = (at: number) => ((byte(at) & 0x0f) << 4) | (byte(at + 1) >> 4);
  const hex = (at: number) => hexOfByte[halves(at)] ?? '';
  const first = (hexOfByte[byte(0)] ?? '') + (byte(1) >> 4).toString(16);
  const variant = hexOfByte[(halves(1) & 0x3f) | 0x80] ?? '';
  return `${timeText(timeMs)}${first}-${variant}${hex(2)}-${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}`;
}

let latest = { timeMs: Number.NaN, text: '' };

/** The first three groups up to the version; many ids are made in one millisecond. */
function timeText(timeMs: number): string {
  if (timeMs !== latest.timeMs) {
    const time = timeMs.toString(16).padStart(12, '0');
    latest = { timeMs, text: `${time.slice(0, 8)}-${time.slice(8)}-7` };
  }
  return latest.text;
}

/**
 * Writes the 16 bytes of a UUID at a place in `target`. The text must be one in lower case: that is not
 * checked here.
 */
export function writeUuid(target: Uint8Array, at: number, uuid: string): void {
  for (let index = 0; index < hexPairs.length; index += 1) {
    const pair = hexPairs[index] ?? 0;
    target[at + index] = (hexDigit(uuid.charCodeAt(pair)) << 4) | hexDigit(uuid.charCodeAt(pair + 1));
  }
}

/** Where in the text of a UUID the hexadecimal pairs stand. */
const hexPairs = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;

/** The value of a lower-case hexadecimal digit, from its character code. */
function hexDigit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function parse<T extends string>(text: string, pattern: RegExp, what: string, path: string): T {
  if (!pattern.test(text)) {
    throw new ProtocolError('ID_FORMAT_INVALID', `This is not a ${what}.`, { path });
  }
  return text as T;
}

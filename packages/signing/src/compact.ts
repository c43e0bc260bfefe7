import { decodeBase64url, decodeBinaryText } from './base64url.ts';
import { SigningError } from './signing-error.ts';

/** A compact JWS (RFC 7515 section 7.1) taken apart; nothing in it is trusted yet. */
export interface Compact {
  /** The protected header's members, each named once. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The header as it was signed, still base64url. */
  readonly headerSegment: string;
  /** Base64url, unchecked; empty in a detached signature. */
  readonly payloadSegment: string;
  /** Base64url, unchecked. */
  readonly signatureSegment: string;
}

/** The protected header is JSON in ASCII; anything else could be written as an escape. */
const headerText = /^[\t\n\r\x20-\x7e]*$/;

/**
 * Takes a compact JWS apart, strictly.
 *
 * @throws {SigningError} `SIGNATURE_MALFORMED`
 */
export function decodeCompact(text: string): Compact {
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 0 || second < 0 || text.indexOf('.', second + 1) >= 0) {
    throw malformed('A compact JWS has three parts.');
  }
  const headerSegment = text.slice(0, first);
  return {
    header: decodeHeader(headerSegment),
    headerSegment,
    payloadSegment: text.slice(first + 1, second),
    signatureSegment: text.slice(second + 1),
  };
}

/** @throws {SigningError} `SIGNATURE_MALFORMED` */
export function decodeSignature(segment: string): Uint8Array {
  const bytes = decodeBase64url(segment);
  if (bytes?.length !== 64) {
    throw malformed('The signature is not 64 bytes of strict base64url.');
  }
  return bytes;
}

/** The refusal of a text that is not of the agreed form. */
export function malformed(message: string, member?: string): SigningError {
  return new SigningError('SIGNATURE_MALFORMED', message, member === undefined ? {} : { path: `/${member}` });
}

function decodeHeader(segment: string): Readonly<Record<string, unknown>> {
  const text = decodeBinaryText(segment);
  if (text === undefined || !headerText.test(text)) {
    throw malformed('The protected header is not strict base64url of ASCII JSON.');
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new SigningError('SIGNATURE_MALFORMED', 'The protected header is not JSON.', { cause });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw malformed('The protected header is not a JSON object.');
  }
  if (Object.keys(header).length !== countMembers(text)) {
    throw malformed('The protected header names a member twice.');
  }
  return header as Readonly<Record<string, unknown>>;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** Members of the outermost object of a text JSON.parse has accepted: its commas, plus one. */
function countMembers(text: string): number {
  let commas = 0;
  let depth = 0;
  let isEmpty = true;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      isEmpty = false;
      at = endOfString(text, at + 1);
    } else if (code === comma && depth === 1) {
      commas += 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    }
  }
  return isEmpty ? 0 : commas + 1;
}

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === backslash) {
    slashes += 1;
  }
  return slashes % 2 === 1;
}

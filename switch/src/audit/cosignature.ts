import { LogError } from './log-errors.ts';
import { decodeHash } from './tree-head.ts';

/** What a witness says: I have seen this head, and it continues the last one I saw. */
export interface Cosignature {
  readonly kid: string;
  readonly algorithm: string;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly log: string;
  readonly witness: string;
  readonly head: HeadName;
  /** The last one before; none the first time. */
  readonly previous: HeadName | undefined;
}

/** A tree by its size and root. */
export interface HeadName {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The type in the protected header of a cosignature. */
export const cosignatureType = 'barlink-cosignature+jws';

/** Reads a cosignature; nothing in it is trusted yet. @throws {LogError} `LOG_COSIGNATURE_MALFORMED` */
export function parseCosignature(text: string): Cosignature {
  const parts = text.split('.');
  const [header, payload] = parts.slice(0, 2).map(readObject);
  const signature = decode(parts[2] ?? '');
  if (parts.length !== 3 || header === undefined || payload === undefined || signature?.length !== 64) {
    throw malformed();
  }
  const { alg, kid, typ } = header;
  const { log, size, root, witness, at, previous } = payload;
  const head = readHead({ size, root });
  const isWhole =
    typeof alg === 'string' &&
    typeof kid === 'string' &&
    typ === cosignatureType &&
    typeof log === 'string' &&
    typeof witness === 'string' &&
    typeof at === 'string' &&
    hasOnly(header, ['alg', 'kid', 'typ']) &&
    hasOnly(payload, ['log', 'size', 'root', 'witness', 'at', 'previous']);
  if (!isWhole || head === undefined) {
    throw malformed();
  }
  const before = previous === undefined ? undefined : readHead(previous);
  if (previous !== undefined && before === undefined) {
    throw malformed();
  }
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  return { kid, algorithm: alg, signed, signature, log, witness, head, previous: before };
}

function readHead(value: unknown): HeadName | undefined {
  const { size, root } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const hash = typeof root === 'string' ? decodeHash(root) : undefined;
  return typeof size === 'number' && Number.isSafeInteger(size) && size > 0 && hash !== undefined
    ? { size, root: hash }
    : undefined;
}

function readObject(segment: string): Record<string, unknown> | undefined {
  const bytes = decode(segment);
  if (bytes === undefined) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Strict base64url: one text for each value. */
function decode(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}

function hasOnly(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function malformed(): LogError {
  return new LogError('LOG_COSIGNATURE_MALFORMED', { path: '/signed' });
}

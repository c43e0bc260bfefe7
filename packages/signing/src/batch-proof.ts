import { binaryBytes, decodeBinaryText } from './base64url.ts';
import { type Compact, decodeCompact, decodeSignature, malformed } from './compact.ts';
import type { Algorithm, CryptoProvider } from './crypto-provider.ts';
import { hashBytes, type Inclusion, pathLength } from './merkle.ts';

/** Most messages one signature covers (spec/signing.md 7). */
export const batchMessagesMax = 64;
/** How long after a message the signature of its batch may have been made, in seconds. */
const batchSecondsMax = 60;
/** Longest part of a signature text behind the `~`. */
export const batchCharactersMax = 1024;
/** Stands between what is a message's own and what a batch shares. */
export const batchMark = '~';

const batchType = 'barlink-batch+jws';

/** Members of a message's header that its batch repeats. */
export interface BatchSigner {
  readonly alg: Algorithm;
  readonly kid: string;
  /** Unix time in seconds. */
  readonly iat: number;
  readonly iss: string;
}

/** A proof by batch whose form is right: the leaf's way to a root, and the signature over the root. */
export interface BatchProof {
  readonly inclusion: Inclusion;
  /** Protected header of the root's signature, as it was signed. */
  readonly headerSegment: string;
  readonly signature: Uint8Array;
}

/** The protected header of a root's signature: its members are closed, and a message's never are these. */
export function encodeBatchHeader({ alg, kid, iat, iss }: BatchSigner, size: number): string {
  return `{"typ":"${batchType}","alg":"${alg}","kid":"${kid}","iat":${iat},"iss":"${iss}","siz":${size}}`;
}

/** Index and path, in the place where a signature of its own would stand. */
export function encodeInclusion({ index, path }: Inclusion, provider: CryptoProvider): string {
  inclusionBytes[0] = index;
  path.forEach((node, at) => {
    inclusionBytes.set(node, 1 + at * hashBytes);
  });
  return provider.encodeBase64url(inclusionBytes.subarray(0, 1 + path.length * hashBytes));
}

/** The longest path, used again for each. */
const inclusionBytes = new Uint8Array(1 + Math.ceil(Math.log2(batchMessagesMax)) * hashBytes);

/** What is signed for a root. */
export function batchSigningInput(
  headerSegment: string,
  root: Uint8Array,
  provider: CryptoProvider,
): Uint8Array {
  return provider.encodeAscii(`${headerSegment}.${provider.encodeBase64url(root)}`);
}

/**
 * Reads a proof by batch, in the order of spec/signing.md 7.3.
 *
 * @param inclusionSegment what stands before the `~`, `batch` what stands behind it
 * @throws {SigningError} `SIGNATURE_MALFORMED`
 */
export function decodeBatchProof(
  { inclusionSegment, batch }: { readonly inclusionSegment: string; readonly batch: string },
  message: BatchSigner,
): BatchProof {
  const { header, headerSegment, signatureSegment, size } = readShared(batch);
  assertSameSigner(header, message);
  const inclusion = decodeInclusion(inclusionSegment, size);
  return { inclusion, headerSegment, signature: decodeSignature(signatureSegment) };
}

/** The part that the messages of a batch share, taken apart. */
interface SharedPart extends Compact {
  readonly size: number;
}

let lastRead: { readonly text: string; readonly shared: SharedPart } | undefined;

/** Messages of one batch come together, so the last part read is kept: it depends on its text alone. */
function readShared(text: string): SharedPart {
  if (lastRead?.text === text) {
    return lastRead.shared;
  }
  const compact = decodeCompact(text);
  if (compact.payloadSegment !== '') {
    throw malformed('The payload part must be empty: the root is found from the path.', 'batch');
  }
  const shared = { size: readSize(compact.header), ...compact };
  lastRead = { text, shared };
  return shared;
}

const members: readonly string[] = ['typ', 'alg', 'kid', 'iat', 'iss', 'siz'];

function readSize(header: Readonly<Record<string, unknown>>): number {
  if (header.typ !== batchType) {
    throw malformed('The signature behind the path is not a batch’s.', 'batch/typ');
  }
  const names = Object.keys(header);
  if (names.length !== members.length || !names.every((name) => members.includes(name))) {
    throw malformed('The header of the batch has a member too many or too few.', 'batch');
  }
  const { siz } = header;
  if (!Number.isInteger(siz) || (siz as number) < 2 || (siz as number) > batchMessagesMax) {
    throw malformed(`A batch holds 2 to ${batchMessagesMax} messages.`, 'batch/siz');
  }
  return siz as number;
}

/** A batch speaks for one signer and one key: those the message itself names. */
function assertSameSigner(header: Readonly<Record<string, unknown>>, message: BatchSigner): void {
  for (const name of ['alg', 'kid', 'iss'] as const) {
    if (header[name] !== message[name]) {
      throw malformed('The batch is not of the signer and key that the message names.', `batch/${name}`);
    }
  }
  const laterBy = Number.isSafeInteger(header.iat) ? (header.iat as number) - message.iat : -1;
  if (laterBy < 0 || laterBy > batchSecondsMax) {
    throw malformed(
      `The batch was not signed within ${batchSecondsMax} seconds of the message.`,
      'batch/iat',
    );
  }
}

function decodeInclusion(segment: string, size: number): Inclusion {
  const binary = decodeBinaryText(segment);
  if (binary === undefined || binary === '' || binary.charCodeAt(0) >= size) {
    throw malformed('The path is not strict base64url, or its message is not of the batch.', 'path');
  }
  const index = binary.charCodeAt(0);
  const length = pathLength(index, size);
  if (binary.length !== 1 + length * hashBytes) {
    throw malformed('The path is too short or too long for its place in the batch.', 'path');
  }
  const path: Uint8Array[] = [];
  for (let at = 1; at < binary.length; at += hashBytes) {
    path.push(binaryBytes(binary.slice(at, at + hashBytes)));
  }
  return { index, size, path };
}

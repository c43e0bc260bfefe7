import { type BatchProof, batchCharactersMax, batchMark, decodeBatchProof } from './batch-proof.ts';
import { type Compact, decodeCompact, decodeSignature, malformed } from './compact.ts';
import type { Algorithm } from './crypto-provider.ts';
import { isAlgorithm } from './jwk.ts';
import { SigningError } from './signing-error.ts';

/** Longest signature text of one message that is read, in characters. */
const signatureCharactersMax = 4096;

/** Members every message signature carries. */
interface CommonHeader {
  readonly alg: Algorithm;
  readonly kid: string;
  /** Unix time in seconds. */
  readonly iat: number;
  readonly jti: string;
  readonly iss: string;
  readonly aud: string;
}

/** Protected header of a signed request. */
export interface RequestHeader extends CommonHeader {
  readonly htm: string;
  readonly htu: string;
  readonly idk?: string | undefined;
}

/** Protected header of a signed answer. */
export interface AnswerHeader extends CommonHeader {
  readonly rqi: string;
  readonly sta: number;
}

/** A message signature whose form is right; whether it is true is not known yet. */
export interface Decoded<Header> {
  readonly header: Header;
  readonly headerSegment: string;
  /** Its own signature, or the one of the batch it was signed in. */
  readonly proof: Uint8Array | BatchProof;
}

/** A message signature taken apart, with what stands behind the `~` of a message signed in a batch. */
interface Parts {
  readonly compact: Compact;
  readonly batch: string | undefined;
}

const isId = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);

/** What each member must look like, in the order of `crit`. spec/signing.md 3.1. */
const common = {
  iat: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  jti: (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9_-]{16,64}$/.test(value),
  iss: isId,
  aud: isId,
};
const request = {
  ...common,
  htm: (value: unknown) => typeof value === 'string' && /^[A-Z]{3,16}$/.test(value),
  htu: (value: unknown) => typeof value === 'string' && /^\/[\x21-\x7e]{0,2047}$/.test(value),
};
const write = {
  ...request,
  idk: (value: unknown) => typeof value === 'string' && uuid7.test(value),
};
const answer = {
  ...common,
  rqi: common.jti,
  sta: (value: unknown) => Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599,
};

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

type Members = Readonly<Record<string, (value: unknown) => boolean>>;
interface Profile {
  readonly members: Members;
  readonly names: readonly string[];
  readonly crit: string;
}
const profiles = { request: profile(request), write: profile(write), answer: profile(answer) };

/** Members a header may have that `crit` does not list. */
const registered: readonly string[] = ['alg', 'kid', 'crit'];

/**
 * The header's JSON, and refuses members that a receiver would refuse. @throws {SigningError}
 * `SIGNATURE_MALFORMED`
 */
export function encodeRequestHeader(header: RequestHeader): string {
  const { members, crit } = header.idk === undefined ? profiles.request : profiles.write;
  assertMembers(members, header);
  const idk = header.idk === undefined ? '' : `,"idk":"${header.idk}"`;
  return `${encodeCommon(header, crit)},"htm":"${header.htm}","htu":${JSON.stringify(header.htu)}${idk}}`;
}

/**
 * The header's JSON, and refuses members that a receiver would refuse. @throws {SigningError}
 * `SIGNATURE_MALFORMED`
 */
export function encodeAnswerHeader(header: AnswerHeader): string {
  const { members, crit } = profiles.answer;
  assertMembers(members, header);
  return `${encodeCommon(header, crit)},"rqi":"${header.rqi}","sta":${header.sta}}`;
}

/** @throws {SigningError} as the first four checks of spec/signing.md 3.3 tell */
export function decodeRequest(signature: string | undefined): Decoded<RequestHeader> {
  const parts = decodeDetached(signature);
  return decodeMembers(parts, 'idk' in parts.compact.header ? profiles.write : profiles.request);
}

/** @throws {SigningError} as the first four checks of spec/signing.md 3.3 tell */
export function decodeAnswer(signature: string | undefined): Decoded<AnswerHeader> {
  return decodeMembers(decodeDetached(signature), profiles.answer);
}

function profile(members: Members): Profile {
  const names = Object.keys(members);
  return { members, names, crit: JSON.stringify(names) };
}

function encodeCommon(header: CommonHeader, crit: string): string {
  const { alg, kid, iat, jti, iss, aud } = header;
  const registeredPart = `{"alg":"${alg}","kid":"${kid}","crit":${crit}`;
  return `${registeredPart},"iat":${iat},"jti":"${jti}","iss":"${iss}","aud":"${aud}"`;
}

function decodeDetached(signature: string | undefined): Parts {
  if (signature === undefined || signature === '') {
    throw new SigningError('SIGNATURE_MISSING', 'The message carries no signature.');
  }
  const mark = signature.indexOf(batchMark);
  const own = mark < 0 ? signature : signature.slice(0, mark);
  const batch = mark < 0 ? undefined : signature.slice(mark + 1);
  if (own.length > signatureCharactersMax || (batch?.length ?? 0) > batchCharactersMax) {
    throw malformed(`The signature is longer than ${signatureCharactersMax} characters.`);
  }
  const compact = decodeCompact(own);
  if (compact.payloadSegment !== '') {
    throw malformed('The payload part must be empty: the message body is what is signed.');
  }
  return { compact, batch };
}

function decodeMembers<Header extends CommonHeader>(parts: Parts, expected: Profile): Decoded<Header> {
  const { compact, batch } = parts;
  const { headerSegment, signatureSegment } = compact;
  const header = compact.header as unknown as Header & Compact['header'];
  assertAlgorithm(header);
  assertCritical(header, expected);
  assertMembers(expected.members, header);
  if (typeof header.kid !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(header.kid)) {
    throw malformed('The kid is not an RFC 7638 thumbprint.', 'kid');
  }
  assertClosed(header, expected);
  const proof =
    batch === undefined
      ? decodeSignature(signatureSegment)
      : decodeBatchProof({ inclusionSegment: signatureSegment, batch }, header);
  return { header, headerSegment, proof };
}

function assertAlgorithm(header: Compact['header']): void {
  if (typeof header.alg !== 'string') {
    throw malformed('The algorithm is missing.', 'alg');
  }
  if (!isAlgorithm(header.alg)) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The algorithm is none of the network.', {
      path: '/alg',
    });
  }
}

/** `crit` lists our members, all of them, in our order. */
function assertCritical(header: Compact['header'], { names }: Profile): void {
  const { crit } = header;
  if (!Array.isArray(crit)) {
    throw malformed('The crit member is missing.', 'crit');
  }
  if (crit.length === names.length && crit.every((name, at) => name === names[at])) {
    return;
  }
  if (crit.some((name) => !names.includes(name))) {
    throw new SigningError(
      'SIGNATURE_CRITICAL_UNKNOWN',
      'The crit member lists an extension we do not know.',
      {
        path: '/crit',
      },
    );
  }
  throw malformed('The crit member does not list the members of this message in their order.', 'crit');
}

/** No member stands outside `crit` but the registered three. */
function assertClosed(header: Compact['header'], { names }: Profile): void {
  const found = Object.keys(header);
  if (found.length !== names.length + registered.length) {
    const name = found.find((member) => !registered.includes(member) && !names.includes(member));
    throw malformed('The protected header has a member that has no place there.', name);
  }
}

function assertMembers(members: Members, header: object): void {
  for (const name in members) {
    if (!members[name]?.((header as Readonly<Record<string, unknown>>)[name])) {
      throw malformed('The member is missing or not of its form.', name);
    }
  }
}

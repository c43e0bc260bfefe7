import { decodeBase64url } from './base64url.ts';
import { decodeCompact, decodeSignature, malformed } from './compact.ts';
import type { Algorithm } from './crypto-provider.ts';
import { isAlgorithm } from './jwk.ts';
import type { SigningKey, VerificationKey } from './keys.ts';

/**
 * A compact JWS with its payload and a protected header of alg, kid and typ; nothing in it is trusted yet.
 */
export interface TypedJws {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** The payload's bytes. */
  readonly payload: Uint8Array;
  /** What is signed. */
  readonly signedText: string;
  readonly signature: Uint8Array;
}

/** Signs a document of ours: its `typ` keeps it from being read as another kind. */
export async function signTyped(typ: string, payload: unknown, key: SigningKey): Promise<string> {
  const { provider } = key;
  const encode = (value: unknown) =>
    provider.encodeBase64url(new TextEncoder().encode(JSON.stringify(value)));
  const signed = `${encode({ alg: key.algorithm, kid: key.kid, typ })}.${encode(payload)}`;
  return `${signed}.${provider.encodeBase64url(await key.sign(provider.encodeAscii(signed)))}`;
}

/**
 * Takes a document of ours apart.
 *
 * @throws {SigningError} `SIGNATURE_MALFORMED`
 */
export function decodeTyped(
  text: string,
  { typ, charactersMax }: { readonly typ: string; readonly charactersMax: number },
): TypedJws {
  if (text.length > charactersMax) {
    throw malformed(`The document is longer than ${charactersMax} characters.`);
  }
  const { header, headerSegment, payloadSegment, signatureSegment } = decodeCompact(text);
  const { alg, kid } = header;
  const isClosed = header.typ === typ && Object.keys(header).length === 3;
  const payload = decodeBase64url(payloadSegment);
  if (!isClosed || !isAlgorithm(alg) || !isThumbprint(kid) || payload === undefined) {
    throw malformed(`The text is not a signed document of the type ${typ}.`);
  }
  return {
    kid,
    algorithm: alg,
    payload,
    signedText: `${headerSegment}.${payloadSegment}`,
    signature: decodeSignature(signatureSegment),
  };
}

/** Whether the key made the document's signature. */
export function isSignedBy({ signedText, signature }: TypedJws, key: VerificationKey): Promise<boolean> {
  return key.verify(key.provider.encodeAscii(signedText), signature);
}

function isThumbprint(kid: unknown): kid is string {
  return typeof kid === 'string' && decodeBase64url(kid)?.length === 32;
}

import { encodeMerchantCode, type MerchantCode } from '@barlink/codes';
import { parseJson } from '@barlink/protocol';
import { codeKeyId } from './code-key-id.ts';
import { assertSigned, type VerifiedCode, type VerifyCodeOptions } from './code-signature.ts';
import { unixSeconds } from './jwks.ts';
import type { SigningKey } from './keys.ts';
import { SigningError } from './signing-error.ts';
import { decodeTyped, signTyped } from './typed-jws.ts';

/** What a dynamic code behind an https URL says. */
export interface CodeDocument {
  /** The URL in the QR symbol, exactly as it is there. */
  readonly url: string;
  /** A dynamic code: it has an amount. */
  readonly code: MerchantCode;
  readonly issuedAt: Date;
  /** From here on the code must not be paid. */
  readonly expiresAt: Date;
}

/** What a wallet knows when it has fetched a document. */
export interface VerifyCodeDocumentOptions extends VerifyCodeOptions {
  /** The URL that was scanned, before any redirection. */
  readonly url: string;
}

/** A verified code with the time it may be paid until. */
export interface VerifiedCodeDocument extends VerifiedCode {
  readonly expiresAt: Date;
}

const type = 'barlink-code+jws';
const charactersMax = 8192;
/** https; plain http on this machine alone, for a sandbox. */
const urlForm = /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1):\d{1,5}\/)[\x21-\x7e]{1,500}$/;

/**
 * Signs the document of a dynamic code with the acquirer's code key: a compact JWS, to be served at the
 * code's URL.
 *
 * @throws {SigningError} `CODE_SIGNATURE_MALFORMED` when a wallet would refuse the document
 */
export async function signCodeDocument(document: CodeDocument, key: SigningKey): Promise<string> {
  const { url, code, issuedAt, expiresAt } = document;
  const payload = { url, iat: unixSeconds(issuedAt), exp: unixSeconds(expiresAt), code };
  readPayload(payload);
  return signTyped(type, payload, key);
}

/**
 * Verifies the document that a dynamic code's URL gave, without trusting the server or the connection.
 *
 * @throws {SigningError} `CODE_SIGNATURE_MALFORMED`, then as `verifyCode`, then `SIGNATURE_TARGET_MISMATCH`
 * (the
 *   document of another URL) and `CODE_TIME_EXPIRED`
 */
export async function verifyCodeDocument(
  text: string,
  { url, keyset, now }: VerifyCodeDocumentOptions,
): Promise<VerifiedCodeDocument> {
  const { payload, named, bytes, raw } = reading(() => decodeDocument(text));
  const { code, iat, exp } = payload;
  const keyId = codeKeyId(named.kid);
  const claim = { code, keyId, bytes, raw, madeAtMs: iat * 1000, named };
  const verified = await assertSigned(claim, { keyset, now });
  if (payload.url !== url) {
    throw new SigningError('SIGNATURE_TARGET_MISMATCH', 'The document is another code\u2019s.', {
      path: '/url',
    });
  }
  const isInTime = now.getTime() < exp * 1000 && now.getTime() >= iat * 1000 - 300_000;
  if (!isInTime) {
    throw new SigningError('CODE_TIME_EXPIRED', 'The time to pay this code is over.', { path: '/exp' });
  }
  return { ...verified, expiresAt: new Date(exp * 1000) };
}

interface Payload {
  readonly url: string;
  readonly iat: number;
  readonly exp: number;
  readonly code: MerchantCode;
}

function decodeDocument(text: string) {
  const { kid, algorithm, payload, signedText, signature } = decodeTyped(text, { typ: type, charactersMax });
  return {
    payload: readPayload(parseJson(payload)),
    named: { kid, algorithm },
    bytes: new TextEncoder().encode(signedText),
    raw: signature,
  };
}

function readPayload(value: unknown): Payload {
  const { url, iat, exp, code, ...rest } = (value ?? {}) as Payload;
  const hasForm =
    typeof url === 'string' &&
    urlForm.test(url) &&
    Number.isSafeInteger(iat) &&
    Number.isSafeInteger(exp) &&
    exp > iat &&
    typeof code === 'object' &&
    code !== null &&
    Object.keys(rest).length === 0;
  if (!hasForm || code.mode !== 'dynamic') {
    throw malformed('The document\u2019s members are not of their form.');
  }
  reading(() => encodeMerchantCode(code));
  return { url, iat, exp, code };
}

/** Whatever is wrong with the form of a document has one code. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed('The text is not the signed document of a code.', cause);
  }
}

function malformed(message: string, cause?: unknown): SigningError {
  return new SigningError('CODE_SIGNATURE_MALFORMED', message, { cause });
}

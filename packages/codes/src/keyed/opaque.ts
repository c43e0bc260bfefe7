import type { AnyCode, CodeDraft, Mode, Scheme } from '../code.ts';
import { CodeError } from '../error.ts';

/** What codes have that only their own provider can read: the text itself. */
export type OpaqueData = {
  /** The whole text: the digits of a payment code, the link of a merchant's. */
  readonly text: string;
};

/** A code that names a wallet and carries a token, and nothing else. */
export function opaqueCode(
  scheme: string,
  parts: { readonly text: string; readonly mode: Mode; readonly data: Readonly<Record<string, unknown>> },
): AnyCode {
  const isPayer = scheme.endsWith('-payment-code');
  return {
    scheme,
    presentment: isPayer ? 'consumer' : 'merchant',
    mode: parts.mode,
    secret: isPayer,
    merchant: {},
    money: {},
    accounts: [],
    data: { ...parts.data, text: parts.text },
    tree: [],
  };
}

/**
 * Writes an opaque code: its text when the other fields agree with it, else what `compose` makes of the
 * fields.
 *
 * @throws CodeError QR_OBJECT_FORMAT when the result is not a code of the scheme
 */
export function encodeOpaque(
  draft: CodeDraft,
  scheme: Scheme,
  compose: () => string | undefined = () => undefined,
): string {
  const given = draft.data?.text;
  const text = typeof given === 'string' && agrees(draft, scheme, given) ? given : compose();
  if (text === undefined || !scheme.recognize(text)) {
    throw new CodeError('QR_OBJECT_FORMAT', 'the fields do not make a code of this scheme', { path: 'data' });
  }
  return text;
}

function agrees(draft: CodeDraft, scheme: Scheme, text: string): boolean {
  if (!scheme.recognize(text)) return false;
  const read = scheme.decode(text).data;
  return Object.entries(draft.data ?? {}).every(([name, value]) => read[name] === value);
}

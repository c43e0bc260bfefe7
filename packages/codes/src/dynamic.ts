import type { CodeDraft } from './code.ts';
import { CodeError } from './error.ts';
import { encode, parse } from './parse.ts';
import type { Code } from './scheme-codes.ts';
import { withoutSignature } from './unified.ts';

/** Schemes whose text is a token of their provider: nothing in it can be changed. */
const OPAQUE = [
  'wechat-native',
  'wechat-p2p',
  'alipay-qr',
  'unionpay-qr',
  'bolt11',
  'th-slip-verify',
  'zatca',
];

/**
 * Turns a standing code into one for a single payment of `amount`, keeping everything else: other networks,
 * references, unknown objects. A signature over the old text is taken off, as it no longer fits.
 *
 * @param amount a decimal string over zero, `12.50`
 * @throws CodeError QR_DYNAMIC_UNSUPPORTED (a payer's code, a provider's token), QR_AMOUNT_FORMAT
 */
export function toDynamic(code: Code | CodeDraft, amount: string): Code {
  if (code.presentment === 'consumer' || OPAQUE.includes(code.scheme)) {
    throw new CodeError('QR_DYNAMIC_UNSUPPORTED', 'the amount is not in the text of this scheme', {
      path: 'scheme',
    });
  }
  if (!/^(?=.*[1-9])\d{1,12}(\.\d{1,8})?$/.test(amount)) {
    throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not a decimal over zero', { path: 'amount' });
  }
  const draft: CodeDraft = { ...code, mode: 'dynamic', money: { ...code.money, amount } };
  return parse(encode(code.scheme === 'barlink' ? withoutBarlinkSignature(draft) : draft));
}

function withoutBarlinkSignature(draft: CodeDraft): CodeDraft {
  const { keyId: _, signatureFirst: __, signatureRest: ___, ...data } = draft.data ?? {};
  const tree = withoutSignature(draft.tree ?? []);
  const unreserved = draft.unreserved?.filter((account) => tree.some((object) => object.id === account.id));
  return { ...draft, data, tree, ...(unreserved && { unreserved }) };
}

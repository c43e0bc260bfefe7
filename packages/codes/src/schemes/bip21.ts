import { isBitcoinAddress } from '../binary/bitcoin-address.ts';
import type { CodeDraft, CodeOf, Scheme } from '../code.ts';
import { CodeError } from '../error.ts';
import { entriesOfDraft, fieldsOfEntries, type KeyCodec, splitEntries } from '../keyed/entries.ts';
import { decodePercent, encodePercent } from '../text/percent.ts';

const START = /^bitcoin:/i;
const codec: KeyCodec = {
  keys: {
    amount: 'money.amount',
    label: 'data.label',
    message: 'data.message',
    lightning: 'data.lightning',
  },
  read: decodePercent,
  write: (text) => encodePercent(text, '/:@,?'),
};

/** Bitcoin payment links (BIP 21): amount in BTC; a parameter `req-...` we do not know refuses the link. */
export const bip21: Scheme = {
  names: ['bip21'],
  presentment: 'merchant',
  recognize: (text) =>
    START.test(text)
      ? { scheme: 'bip21', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => decodeBip21(text),
  encode: (draft) => encodeBip21(draft),
};

function decodeBip21(text: string): Bip21Code {
  const mark = text.indexOf('?');
  const address = text.slice(8, mark < 0 ? undefined : mark);
  const tree = mark < 0 ? [] : splitEntries(text.slice(mark + 1), { part: '&', is: '=' });
  for (const entry of tree) {
    if (/^req-/i.test(entry.id)) {
      throw new CodeError('QR_OBJECT_UNEXPECTED', 'a required parameter is not known', { path: entry.id });
    }
  }
  const { money, data } = fieldsOfEntries(tree, codec);
  assertAmount(money.amount);
  if (!(address === '' && data.lightning)) assertAddress(address);
  return {
    scheme: 'bip21',
    presentment: 'merchant',
    mode: 'unspecified',
    secret: false,
    merchant: data.label === undefined ? {} : { name: data.label },
    money: { ...(money.amount !== undefined && { amount: money.amount }), currencyAlpha: 'BTC' },
    accounts: [{ network: 'bitcoin', value: address }],
    data: { ...data, address },
    tree,
  };
}

function encodeBip21(draft: CodeDraft): string {
  const address = draft.data?.address;
  assertAddress(typeof address === 'string' ? address : '');
  assertAmount(draft.money?.amount);
  const entries = entriesOfDraft(draft, codec);
  const query = entries.map((entry) => `${entry.id}=${entry.value}`).join('&');
  return `bitcoin:${address}${query && `?${query}`}`;
}

function assertAmount(amount: string | undefined): void {
  if (amount === undefined || /^(?:\d+\.?\d{0,8}|\.\d{1,8})$/.test(amount)) return;
  throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not a decimal number of bitcoins', {
    path: 'amount',
  });
}

function assertAddress(address: string): void {
  if (isBitcoinAddress(address)) return;
  throw new CodeError('QR_CHECKSUM_MISMATCH', 'this is no bitcoin address, or its checksum does not match', {
    path: 'address',
    offset: 8,
  });
}

/** What only bitcoin links have. */
export type Bip21Data = {
  readonly address: string;
  readonly label?: string;
  readonly message?: string;
  /** A BOLT11 invoice for the same payment. */
  readonly lightning?: string;
};

/** A bitcoin link as `parse` gives it. */
export type Bip21Code = CodeOf<'bip21', Bip21Data>;

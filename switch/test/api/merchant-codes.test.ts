import assert from 'node:assert/strict';
import { crc16, crcText, decodeMerchantCode, encodeMerchantCode } from '@barlink/codes';
import { signCode } from '@barlink/signing';
import {
  declineAll,
  makeCode,
  makeToken,
  merchant,
  startNetwork,
  type TestNetwork,
  yuan,
} from '../support/network.ts';
import { assertRefused, type RefusalRow, testRefusals, writesNothing } from '../support/refusals.ts';

interface Given extends TestNetwork {
  readonly tokenId: string;
  /** Payloads by what is wrong with them. */
  readonly payloads: Readonly<Record<string, string>>;
}

/** What a presented code is refused for, when it is resolved and when it is paid. */
const presented: readonly { readonly it: string; readonly code: string; readonly path?: string }[] = [
  { it: 'a broken CRC', code: 'QR_CRC_MISMATCH', path: '/payload#63' },
  { it: 'no CRC', code: 'QR_CRC_MISSING', path: '/payload#63' },
  { it: 'a text cut off', code: 'QR_OBJECT_TRUNCATED', path: '/payload#26' },
  { it: 'a broken signature', code: 'CODE_SIGNATURE_INVALID', path: '/payload#98' },
  { it: 'a signature that is no signature', code: 'CODE_SIGNATURE_MALFORMED', path: '/payload#98' },
  { it: 'a signature of another acquirer', code: 'CODE_SIGNATURE_KEY_UNKNOWN', path: '/payload#98' },
  { it: 'a signature of a revoked key', code: 'CODE_SIGNATURE_KEY_NOT_VALID', path: '/payload#98' },
  { it: 'a signature of a key for messages', code: 'CODE_SIGNATURE_KEY_UNKNOWN', path: '/payload#98' },
  { it: 'another payee in a signed code', code: 'CODE_SIGNATURE_INVALID', path: '/payload#98' },
  { it: 'another payee, signed by the acquirer', code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
  { it: 'another payee in an unsigned code', code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
  { it: 'another amount in an unsigned code', code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
  ...['store', 'terminal', 'city', 'merchant id'].flatMap((what) => [
    { it: `another ${what} in a signed code`, code: 'CODE_SIGNATURE_INVALID', path: '/payload#98' },
    { it: `another ${what}, signed by the acquirer`, code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
    { it: `another ${what} in an unsigned code`, code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
  ]),
  { it: 'no store, signed by the acquirer', code: 'CODE_PAYLOAD_CHANGED', path: '/payload' },
  { it: 'a code nobody registered', code: 'CODE_PAYLOAD_UNKNOWN', path: '/payload' },
  { it: 'a code that has expired', code: 'CODE_TIME_EXPIRED', path: '/payload' },
  { it: 'a code of another scheme', code: 'CODE_SCHEME_FOREIGN', path: '/payload' },
  { it: 'a payer code of another network', code: 'CODE_SCHEME_FOREIGN', path: '/payload' },
  { it: 'no payment code at all', code: 'QR_OBJECT_MALFORMED', path: '/payload' },
  { it: 'an EMVCo code of a scheme nobody knows', code: 'QR_SCHEME_UNKNOWN', path: '/payload#26' },
];

async function makePayloads(given: TestNetwork): Promise<Readonly<Record<string, string>>> {
  const {
    acquirer,
    otherAcquirer,
    switch: { operator },
  } = given;
  const { payload: signed, codeId } = await makeCode(acquirer);
  const unsigned = (await acquirer.send('GET', `/v1/codes/${codeId}`)).body.payload as string;
  const fixed = await acquirer.send('POST', '/v1/codes', {
    merchant,
    mode: 'static',
    currency: 'CNY',
    amount: yuan(500),
  });
  const soon = new Date(Date.now() + 400).toISOString();
  const brief = await makeCode(acquirer, { mode: 'dynamic', amount: yuan(500), expiresAt: soon });
  const revokedSigner = await makeCode(otherAcquirer);
  const kid = otherAcquirer.codeKey.kid;
  await operator.send('DELETE', `/admin/v1/participants/${otherAcquirer.id}/keys/${kid}`);
  const unknown = encodeMerchantCode({
    acquirer: acquirer.number,
    merchantId: merchant.id,
    codeId: '0'.repeat(16),
    name: merchant.name,
    city: merchant.city,
    category: merchant.category,
    country: merchant.country,
    currency: '156',
    mode: 'static',
  });
  await new Promise((resolve) => setTimeout(resolve, 450));
  const forged = (payload: string) => withCrc(payload.replace(merchant.name, 'Jade Tee House'));
  return {
    'a broken CRC': `${signed.slice(0, -1)}${signed.endsWith('0') ? '1' : '0'}`,
    'no CRC': unsigned.slice(0, -8),
    'a text cut off': signed.slice(0, 40),
    'a broken signature': withCrc(breakSignature(signed)),
    'a signature that is no signature': withCrc(`${signed.slice(0, -10)}::${signed.slice(-8)}`),
    'a signature of another acquirer': await signCode(unsigned, otherAcquirer.codeKey),
    'a signature of a revoked key': revokedSigner.payload,
    'a signature of a key for messages': await signCode(unsigned, acquirer.key),
    'another payee in a signed code': forged(signed),
    'another payee, signed by the acquirer': await signCode(forged(unsigned), acquirer.codeKey),
    'another payee in an unsigned code': forged(unsigned),
    'another amount in an unsigned code': withCrc(fixed.body.payload.replace('54045.00', '54046.00')),
    ...(await makeMoved(given)),
    'a code nobody registered': await signCode(unknown, acquirer.codeKey),
    'a code that has expired': brief.payload,
    'a code of another scheme': 'https://qr.alipay.com/fkx09876abcdefgh12345',
    'a payer code of another network': '284711223344556677',
    'no payment code at all': 'hello',
    'an EMVCo code of a scheme nobody knows': withCrc(unsigned.replace('NET.BARLINK', 'NET.UNKNOWN')),
  };
}

const place = { store: 'WEST LAKE', terminal: 'TABLE 4' };

/** A code bound to its place, with one word of it changed; each text is well-formed. */
async function makeMoved({ acquirer }: TestNetwork): Promise<Readonly<Record<string, string>>> {
  const { payload: signed, codeId } = await makeCode(acquirer, place);
  const unsigned = (await acquirer.send('GET', `/v1/codes/${codeId}`)).body.payload as string;
  const swaps: readonly (readonly [string, string, string])[] = [
    ['store', '0309WEST LAKE', '0309EAST LAKE'],
    ['terminal', '0707TABLE 4', '0707TABLE 5'],
    ['city', merchant.city, merchant.city.toUpperCase()],
    ['merchant id', merchant.id, merchant.id.replace(/.$/, 'Z')],
  ];
  const payloads: Record<string, string> = {};
  for (const [what, from, to] of swaps) {
    assert.ok(unsigned.includes(from) && from !== to);
    const moved = withCrc(unsigned.replace(from, to));
    payloads[`another ${what} in a signed code`] = withCrc(signed.replace(from, to));
    payloads[`another ${what}, signed by the acquirer`] = await signCode(moved, acquirer.codeKey);
    payloads[`another ${what} in an unsigned code`] = moved;
  }
  const { store: _, ...rest } = decodeMerchantCode(unsigned);
  const storeless = encodeMerchantCode(rest);
  payloads['no store, signed by the acquirer'] = await signCode(storeless, acquirer.codeKey);
  return payloads;
}

/** The payload with a CRC that fits, whatever else was done to it. */
function withCrc(payload: string): string {
  const body = payload.slice(0, -4);
  return body + crcText(crc16(body));
}

/** Another character near the end of the signature; the text stays well-formed. */
function breakSignature(signed: string): string {
  const at = signed.length - 14;
  return `${signed.slice(0, at)}${signed.charAt(at) === 'A' ? 'B' : 'A'}${signed.slice(at + 1)}`;
}

const drafts: readonly (RefusalRow<Given> & { readonly code: string })[] = [
  draft('a dynamic one without amount', 'CODE_AMOUNT_MISSING', '/amount', {
    mode: 'dynamic',
    expiresAt: '2999-01-01T00:00:00Z',
  }),
  draft('a dynamic one without expiry', 'CODE_EXPIRY_INVALID', '/expiresAt', {
    mode: 'dynamic',
    amount: yuan(5),
  }),
  draft('one that has expired already', 'CODE_EXPIRY_INVALID', '/expiresAt', {
    expiresAt: '2020-01-01T00:00:00Z',
  }),
  draft('an expiry without zone', 'MESSAGE_MEMBER_INVALID', '/expiresAt', {
    expiresAt: '2999-01-01T00:00:00',
  }),
  draft('an unknown mode', 'MESSAGE_MEMBER_INVALID', '/mode', { mode: 'magic' }),
  draft('a missing mode', 'MESSAGE_MEMBER_MISSING', '/mode', { mode: undefined }),
  draft('a merchant id in lower case', 'MESSAGE_MEMBER_INVALID', '/merchant/id', {
    merchant: { ...merchant, id: 'tea' },
  }),
  draft('a name longer than a code can hold', 'MESSAGE_MEMBER_INVALID', '/merchant/name', {
    merchant: { ...merchant, name: 'x'.repeat(26) },
  }),
  draft('a category of letters', 'MESSAGE_MEMBER_INVALID', '/merchant/category', {
    merchant: { ...merchant, category: 'food' },
  }),
  draft('a reference of control characters', 'MESSAGE_MEMBER_INVALID', '/reference', { reference: '\n' }),
  draft('an empty store', 'MESSAGE_MEMBER_INVALID', '/store', { store: '' }),
  draft('a terminal longer than a code can hold', 'MESSAGE_MEMBER_INVALID', '/terminal', {
    terminal: 'x'.repeat(26),
  }),
];

function draft(it: string, code: string, path: string, change: object): RefusalRow<Given> {
  const right = { merchant, mode: 'static', currency: 'CNY' };
  return {
    it,
    code,
    path,
    send: ({ acquirer }) => acquirer.send('POST', '/v1/codes', { ...right, ...change }),
  };
}

describe('merchant codes', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork();
    const { tokenId } = await makeToken(network.wallet, network.bank);
    given = { ...network, tokenId, payloads: await makePayloads(network) };
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  it('has a payload for every row', () => {
    assert.deepEqual(
      Object.keys(given.payloads),
      presented.map((row) => row.it),
    );
  });

  for (const row of presented) {
    it(`refuses ${row.it}, resolved or paid`, async () => {
      const { switch: network, wallet, tokenId, payloads } = given;
      const payload = payloads[row.it];
      await writesNothing(network, async () => {
        assertRefused(await wallet.send('POST', '/v1/codes/resolve', { payload }), row);
        const request = { presentment: 'merchant', payload, tokenId, amount: yuan(500) };
        assertRefused(await wallet.send('POST', '/v1/payments', request), row);
      });
    });
  }

  describe('are refused when they are registered:', () => testRefusals(() => given, drafts));

  it('are told apart by whether they were signed', async () => {
    const { acquirer, wallet } = given;
    const { payload, codeId } = await makeCode(acquirer);
    const { body: code } = await acquirer.send('GET', `/v1/codes/${codeId}`);
    const signed = await wallet.send('POST', '/v1/codes/resolve', { payload });
    const unsigned = await wallet.send('POST', '/v1/codes/resolve', { payload: code.payload });
    assert.deepEqual(
      [signed.body, unsigned.body],
      [
        { code, trust: 'verified' },
        { code, trust: 'unsigned' },
      ],
    );
  });

  it('say where they hang, and are paid there', async () => {
    const { acquirer, wallet, tokenId } = given;
    const { payload, codeId } = await makeCode(acquirer, place);
    const { body: code } = await acquirer.send('GET', `/v1/codes/${codeId}`);
    const { store, terminal } = code;
    assert.deepEqual([{ store, terminal }, code.merchant], [place, merchant]);
    const resolved = await wallet.send('POST', '/v1/codes/resolve', { payload });
    assert.deepEqual(resolved.body, { code, trust: 'verified' });
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(500) };
    const paid = await wallet.send('POST', '/v1/payments', request);
    assert.deepEqual([paid.body.state, paid.body.merchant], ['captured', merchant]);
  });

  it('are paid once when dynamic, also by 20 at once', async () => {
    const { acquirer, wallet, tokenId } = given;
    const code = {
      mode: 'dynamic',
      amount: yuan(700),
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    };
    const { payload } = await makeCode(acquirer, code);
    const request = { presentment: 'merchant', payload, tokenId };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => wallet.send('POST', '/v1/payments', request)),
    );
    const states = answers.map(({ body }) => `${body.state} ${body.reason ?? ''}`).sort();
    assert.deepEqual(states, ['captured ', ...Array(19).fill('declined CODE_ALREADY_PAID')]);
    const later = await wallet.send('POST', '/v1/payments', request);
    assert.equal(later.body.reason, 'CODE_ALREADY_PAID');
  });

  it('can be paid again when dynamic and the first payment was declined', async () => {
    const { acquirer, wallet, bank, tokenId } = given;
    const code = {
      mode: 'dynamic',
      amount: yuan(700),
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    };
    const { payload } = await makeCode(acquirer, code);
    const request = { presentment: 'merchant', payload, tokenId };
    const { reply } = bank;
    bank.reply = declineAll(reply);
    const first = await wallet.send('POST', '/v1/payments', request);
    bank.reply = reply;
    const second = await wallet.send('POST', '/v1/payments', request);
    assert.deepEqual([first.body.state, second.body.state], ['declined', 'captured']);
  });
});

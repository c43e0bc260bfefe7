import assert from 'node:assert/strict';
import { generateSigningKey } from '@barlink/signing';
import { signPayment } from '../support/forge-signature.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { type RefusalRow, testRefusals } from '../support/refusals.ts';
import { newUuid7, type Overrides, type Received } from '../support/sender.ts';

/** A network in which everything is ready for a payment that the switch would accept. */
interface Given extends TestNetwork {
  readonly payment: Readonly<Record<string, unknown>>;
}

const path = '/v1/payments';

/** A payment that is right but for one thing. */
function pay(change: {
  readonly body?: Readonly<Record<string, unknown>>;
  readonly overrides?: (given: Given) => Overrides | Promise<Overrides>;
}): (given: Given) => Promise<Received> {
  return async (given) =>
    given.wallet.send('POST', path, { ...given.payment, ...change.body }, await change.overrides?.(given));
}

const text = (value: string) => pay({ overrides: () => ({ bytes: Buffer.from(value) }) });
const isUnsigned = true;

const signatures: readonly RefusalRow<Given>[] = [
  {
    it: 'a request without a signature',
    code: 'SIGNATURE_MISSING',
    isUnsigned,
    send: pay({ overrides: () => ({ signature: undefined }) }),
  },
  {
    it: 'a signature that is no JWS',
    code: 'SIGNATURE_MALFORMED',
    isUnsigned,
    send: pay({ overrides: () => ({ signature: 'a.b.c' }) }),
  },
  {
    it: 'a signature with white space in it',
    code: 'SIGNATURE_MALFORMED',
    isUnsigned,
    send: pay({
      overrides: async ({ wallet, payment }) => {
        const bytes = Buffer.from(JSON.stringify(payment));
        return { bytes, signature: (await signPayment(wallet, bytes)).replace('..', '. .') };
      },
    }),
  },
  {
    it: 'a signature over other bytes',
    code: 'SIGNATURE_INVALID',
    isUnsigned,
    send: pay({
      overrides: ({ payment }) => ({
        sentBytes: Buffer.from(JSON.stringify({ ...payment, amount: yuan(999_999) })),
      }),
    }),
  },
  {
    it: 'a signature of a key nobody registered',
    code: 'SIGNATURE_KEY_UNKNOWN',
    path: '/kid',
    isUnsigned,
    send: pay({ overrides: async () => ({ key: await generateSigningKey('ES256') }) }),
  },
  {
    it: 'a signature of another participant’s key',
    code: 'SIGNATURE_KEY_UNKNOWN',
    path: '/kid',
    isUnsigned,
    send: pay({ overrides: ({ otherWallet }) => ({ key: otherWallet.key }) }),
  },
  {
    it: 'a signature of the sender’s key for codes',
    code: 'SIGNATURE_KEY_UNKNOWN',
    path: '/kid',
    isUnsigned,
    send: pay({ overrides: ({ wallet }) => ({ key: wallet.codeKey }) }),
  },
  {
    it: 'a sender the network does not know',
    code: 'SIGNATURE_KEY_UNKNOWN',
    path: '/kid',
    isUnsigned,
    send: pay({ overrides: () => ({ issuer: 'wallet-nobody' }) }),
  },
  {
    it: 'a message for another switch',
    code: 'SIGNATURE_AUDIENCE_MISMATCH',
    path: '/aud',
    isUnsigned,
    send: pay({ overrides: () => ({ audience: 'other-switch' }) }),
  },
  {
    it: 'a signature for another method',
    code: 'SIGNATURE_TARGET_MISMATCH',
    path: '/htm',
    isUnsigned,
    send: pay({ overrides: () => ({ signedMethod: 'PUT' }) }),
  },
  {
    it: 'a signature for another path',
    code: 'SIGNATURE_TARGET_MISMATCH',
    path: '/htu',
    isUnsigned,
    send: pay({ overrides: () => ({ signedTarget: '/v1/tokens' }) }),
  },
  {
    it: 'a query that was not signed',
    code: 'SIGNATURE_TARGET_MISMATCH',
    path: '/htu',
    isUnsigned,
    send: ({ wallet, payment }) => wallet.send('POST', `${path}?test=1`, payment, { signedTarget: path }),
  },
  {
    it: 'a message of six minutes ago',
    code: 'SIGNATURE_STALE',
    path: '/iat',
    isUnsigned,
    send: pay({ overrides: () => ({ issuedAt: new Date(Date.now() - 360_000) }) }),
  },
  {
    it: 'a message of six minutes ahead',
    code: 'SIGNATURE_STALE',
    path: '/iat',
    isUnsigned,
    send: pay({ overrides: () => ({ issuedAt: new Date(Date.now() + 360_000) }) }),
  },
];

const messages: readonly RefusalRow<Given>[] = [
  {
    it: 'another media type',
    code: 'REQUEST_MEDIA_TYPE_UNSUPPORTED',
    isUnsigned,
    send: pay({ overrides: () => ({ contentType: 'text/plain' }) }),
  },
  {
    it: 'a media type that only begins like JSON’s',
    code: 'REQUEST_MEDIA_TYPE_UNSUPPORTED',
    isUnsigned,
    send: pay({ overrides: () => ({ contentType: 'application/json5' }) }),
  },
  { it: 'a text that is not JSON', code: 'JSON_SYNTAX_INVALID', send: text('{"presentment":') },
  { it: 'an empty body', code: 'JSON_SYNTAX_INVALID', send: text(' ') },
  {
    it: 'bytes that are not UTF-8',
    code: 'JSON_ENCODING_INVALID',
    send: pay({ overrides: () => ({ bytes: Uint8Array.of(0x22, 0xff, 0x22) }) }),
  },
  {
    it: 'a member that occurs twice',
    code: 'JSON_KEY_DUPLICATE',
    path: '/amount',
    send: pay({
      overrides: ({ payment }) => ({
        bytes: Buffer.from(JSON.stringify(payment).replace('{', '{"amount":{},')),
      }),
    }),
  },
  {
    it: 'a member that occurs twice, once with escapes',
    code: 'JSON_KEY_DUPLICATE',
    path: '/amount',
    send: pay({
      overrides: ({ payment }) => ({
        bytes: Buffer.from(JSON.stringify(payment).replace('{', '{"\\u0061mount":{},')),
      }),
    }),
  },
  {
    it: 'nesting deeper than 16 levels',
    code: 'JSON_DEPTH_EXCEEDED',
    send: text(`${'['.repeat(17)}${']'.repeat(17)}`),
  },
  {
    it: 'nesting of thousands of levels',
    code: 'JSON_DEPTH_EXCEEDED',
    send: text(`${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  },
  { it: 'an array', code: 'MESSAGE_MEMBER_INVALID', send: text('[]') },
  { it: 'null', code: 'MESSAGE_MEMBER_INVALID', send: text('null') },
  {
    it: 'an unknown member',
    code: 'MESSAGE_MEMBER_UNKNOWN',
    path: '/tip',
    send: pay({ body: { tip: yuan(1) } }),
  },
  {
    it: 'an unknown member inside another',
    code: 'MESSAGE_MEMBER_UNKNOWN',
    path: '/amount/exponent',
    send: pay({ body: { amount: { ...yuan(1), exponent: 2 } } }),
  },
  {
    it: 'a member named __proto__',
    code: 'MESSAGE_MEMBER_UNKNOWN',
    path: '/__proto__',
    send: pay({
      overrides: ({ payment }) => ({
        bytes: Buffer.from(JSON.stringify(payment).replace('{', '{"__proto__":{},')),
      }),
    }),
  },
  {
    it: 'a missing member',
    code: 'MESSAGE_MEMBER_MISSING',
    path: '/payload',
    send: pay({ body: { payload: undefined } }),
  },
  {
    it: 'a missing presentment',
    code: 'MESSAGE_MEMBER_MISSING',
    path: '/presentment',
    send: pay({ body: { presentment: undefined } }),
  },
  {
    it: 'a missing member inside another',
    code: 'MESSAGE_MEMBER_MISSING',
    path: '/amount/minor',
    send: pay({ body: { amount: { currency: 'CNY' } } }),
  },
  {
    it: 'a presentment that does not exist',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/presentment',
    send: pay({ body: { presentment: 'telepathy' } }),
  },
  {
    it: 'a number where a text belongs',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/payload',
    send: pay({ body: { payload: 12 } }),
  },
  {
    it: 'null where a text belongs',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/tokenId',
    send: pay({ body: { tokenId: null } }),
  },
  {
    it: 'a payload longer than any code',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/payload',
    send: pay({ body: { payload: '0'.repeat(513) } }),
  },
  {
    it: 'a body where none belongs',
    code: 'MESSAGE_MEMBER_UNKNOWN',
    send: ({ wallet }) => wallet.send('DELETE', `/v1/tokens/${newUuid7()}`, {}),
  },
];

const senders: readonly RefusalRow<Given>[] = [
  {
    it: 'a sender without the role',
    code: 'SENDER_ROLE_FORBIDDEN',
    send: ({ bank, payment }) => bank.send('POST', path, payment),
  },
  {
    it: 'the operator where it has no business',
    code: 'SENDER_ROLE_FORBIDDEN',
    send: ({ switch: { operator }, payment }) => operator.send('POST', path, payment),
  },
  {
    it: 'a wallet that presents a payer’s code',
    code: 'PAYMENT_PRESENTMENT_FORBIDDEN',
    path: '/presentment',
    send: ({ wallet }) =>
      wallet.send('POST', path, {
        presentment: 'consumer',
        payload: '390001123456780000000000',
        amount: yuan(1),
        merchant: { id: 'A', name: 'A', city: 'A', category: '0000', country: 'CN' },
      }),
  },
  {
    it: 'an acquirer that presents a merchant’s code',
    code: 'PAYMENT_PRESENTMENT_FORBIDDEN',
    path: '/presentment',
    send: ({ acquirer, payment }) => acquirer.send('POST', path, payment),
  },
  {
    it: 'a path that does not exist',
    code: 'REQUEST_PATH_UNKNOWN',
    isUnsigned,
    send: ({ wallet, payment }) => wallet.send('POST', '/v1/payment', payment),
  },
  {
    it: 'a path that cannot be decoded',
    code: 'REQUEST_PATH_UNKNOWN',
    isUnsigned,
    send: ({ wallet }) => wallet.send('GET', '/v1/payments/%zz'),
  },
  {
    it: 'a method the path does not take',
    code: 'REQUEST_METHOD_UNSUPPORTED',
    isUnsigned,
    send: ({ wallet }) => wallet.send('PUT', path, {}),
  },
  {
    it: 'a payment id that is none',
    code: 'ID_FORMAT_INVALID',
    path: '/paymentId',
    send: ({ wallet }) => wallet.send('GET', '/v1/payments/17'),
  },
  {
    it: 'a payment nobody made',
    code: 'PAYMENT_ID_UNKNOWN',
    send: ({ wallet }) => wallet.send('GET', `/v1/payments/${newUuid7()}`),
  },
  {
    it: 'the keys of an unknown participant',
    code: 'PARTICIPANT_UNKNOWN',
    isUnsigned,
    send: ({ wallet }) => wallet.send('GET', '/v1/participants/bank-nowhere/keys'),
  },
];

describe('the edge refuses', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork();
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    given = { ...network, payment: { presentment: 'merchant', payload, tokenId, amount: yuan(1250) } };
  });
  after(async () => {
    const answer = await given.wallet.send('POST', path, given.payment);
    assert.equal(answer.body.state, 'captured', 'what the tests change must have been acceptable before');
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  describe('by the signature:', () => testRefusals(() => given, signatures));
  describe('by the message:', () => testRefusals(() => given, messages));
  describe('by the sender and the path:', () => testRefusals(() => given, senders));

  it('names the methods a path takes', async () => {
    const { headers } = await given.wallet.send('PUT', path, {});
    assert.equal(headers.get('allow'), 'POST');
  });
});

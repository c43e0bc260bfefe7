import assert from 'node:assert/strict';
import type { MerchantCode } from '@barlink/codes';
import { type SigningKey, signCodeDocument } from '@barlink/signing';
import {
  declineAll,
  makeCode,
  makeToken,
  merchant,
  startNetwork,
  type TestNetwork,
  yuan,
} from '../support/network.ts';
import type { ParticipantDouble } from '../support/participant-double.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';

const codeUrl = 'https://pay.example/c/';

/** What the switch registered. */
interface Registered {
  readonly codeId: string;
  readonly payload: string;
  readonly expiresAt: string;
}

describe('codes behind a URL', () => {
  let network: TestNetwork;
  let tokenId: string;
  let at = new Date('2026-11-24T08:00:00Z');
  before(async () => {
    network = await startNetwork({ settings: { codeUrl }, now: () => at });
    ({ tokenId } = await makeToken(network.wallet, network.bank));
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  const inSeconds = (seconds: number) => new Date(at.getTime() + seconds * 1000);

  async function register(change: object = {}): Promise<Registered> {
    const { status, body, text } = await network.acquirer.send('POST', '/v1/codes', {
      ...{ merchant, mode: 'dynamic', currency: 'CNY', amount: yuan(1250), form: 'url' },
      ...{ expiresAt: inSeconds(120).toISOString(), ...change },
    });
    assert.equal(status, 201, text);
    return body;
  }

  /** The document as the acquirer of the tests signs it, unless told otherwise. */
  function documentOf(
    { codeId, payload, expiresAt }: Registered,
    change: {
      readonly code?: Partial<MerchantCode>;
      readonly url?: string;
      readonly exp?: Date;
      readonly key?: SigningKey;
    } = {},
  ): Promise<string> {
    const { id: merchantId, ...rest } = merchant;
    const said = { acquirer: network.acquirer.number, merchantId, codeId, ...rest, currency: '156' };
    return signCodeDocument(
      {
        url: change.url ?? payload,
        code: { ...said, mode: 'dynamic', amount: '12.50', ...change.code },
        issuedAt: at,
        expiresAt: change.exp ?? new Date(expiresAt),
      },
      change.key ?? network.acquirer.codeKey,
    );
  }

  const put = (codeId: string, document: string, sender: ParticipantDouble = network.acquirer) =>
    sender.send('PUT', `/v1/codes/${codeId}/document`, { document });

  async function publish(change: object = {}): Promise<Registered & { readonly document: string }> {
    const code = await register(change);
    const document = await documentOf(code);
    const { status, text } = await put(code.codeId, document);
    assert.equal(status, 200, text);
    return { ...code, document };
  }

  const open = (codeId: string) => fetch(`${network.switch.url}/c/${codeId}`);

  async function assertGone(codeId: string, told: { readonly status: number; readonly code: string }) {
    const answer = await open(codeId);
    const problem = (await answer.json()) as { readonly code: string };
    assert.deepEqual({ status: answer.status, code: problem.code }, told);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }

  const pay = (payload: string, change: object = {}) =>
    network.wallet.send('POST', '/v1/payments', { presentment: 'merchant', payload, tokenId, ...change });

  it('are registered with a short URL, and give their document to anybody', async () => {
    const { codeId, payload, document } = await publish();
    assert.equal(payload, codeUrl + codeId);
    const answer = await open(codeId);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), document);
    assert.equal(answer.headers.get('content-type'), 'application/jose');
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=30');
    assert.equal(answer.headers.get('barlink-signature'), null);
  });

  it('are kept by caches no longer than they can be paid', async () => {
    const { codeId } = await publish({ expiresAt: inSeconds(7).toISOString() });
    assert.equal((await open(codeId)).headers.get('cache-control'), 'public, max-age=7');
  });

  it('are not there before their document is', async () => {
    const { codeId, payload } = await register();
    const unknown = { status: 404, code: 'CODE_PAYLOAD_UNKNOWN' };
    await assertGone(codeId, unknown);
    await assertGone('0'.repeat(16), unknown);
    await assertGone('%00', unknown);
    const row = { code: 'CODE_PAYLOAD_UNKNOWN', path: '/payload' };
    await writesNothing(network.switch, async () => {
      assertRefused(await pay(payload), row);
      assertRefused(await network.wallet.send('POST', '/v1/codes/resolve', { payload }), row);
    });
  });

  it('resolve to the registered code, verified', async () => {
    const { codeId, payload } = await publish();
    const { body: code } = await network.acquirer.send('GET', `/v1/codes/${codeId}`);
    const { body } = await network.wallet.send('POST', '/v1/codes/resolve', { payload });
    assert.deepEqual(body, { code, trust: 'verified' });
    assert.deepEqual([code.form, code.uses], ['url', 'single']);
  });

  it('say where they hang, in what is registered and in the document alike', async () => {
    const place = { store: 'WEST LAKE', terminal: 'TILL 2' };
    const code = await register(place);
    for (const other of [{}, { ...place, store: 'EAST LAKE' }]) {
      assertRefused(await put(code.codeId, await documentOf(code, { code: other })), {
        code: 'CODE_DOCUMENT_MISMATCH',
        path: '/document#store',
      });
    }
    const { status, body } = await put(code.codeId, await documentOf(code, { code: place }));
    assert.deepEqual([status, body.store, body.terminal], [200, 'WEST LAKE', 'TILL 2']);
  });

  it('are paid once, with their own amount, also by 10 at once', async () => {
    const { codeId, payload } = await publish();
    assertRefused(await pay(payload, { amount: yuan(1) }), {
      code: 'PAYMENT_AMOUNT_MISMATCH',
      path: '/amount/minor',
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay(payload)));
    const states = answers.map(({ body }) => `${body.state} ${body.reason ?? ''}`).sort();
    assert.deepEqual(states, ['captured ', ...Array(9).fill('declined CODE_ALREADY_PAID')]);
    const paid = answers.find(({ body }) => body.state === 'captured')?.body;
    assert.deepEqual([paid.codeId, paid.amount, paid.merchant], [codeId, yuan(1250), merchant]);
    await assertGone(codeId, { status: 410, code: 'CODE_DOCUMENT_USED' });
  });

  it('are there again when their payment was declined', async () => {
    const { codeId, payload } = await publish();
    const { reply } = network.bank;
    network.bank.reply = declineAll(reply);
    const first = await pay(payload);
    network.bank.reply = reply;
    assert.equal(first.body.state, 'declined');
    assert.equal((await open(codeId)).status, 200);
    assert.equal((await pay(payload)).body.state, 'captured');
  });

  it('are paid many times when their acquirer says so', async () => {
    const { codeId, payload } = await publish({ uses: 'many' });
    const answers = [await pay(payload), await pay(payload)];
    assert.deepEqual(
      answers.map(({ body }) => body.state),
      ['captured', 'captured'],
    );
    assert.equal((await open(codeId)).status, 200);
  });

  it('end when their time is over', async () => {
    const { codeId, payload } = await publish();
    const late = await register();
    const document = await documentOf(late);
    at = inSeconds(121);
    await assertGone(codeId, { status: 410, code: 'CODE_DOCUMENT_EXPIRED' });
    assertRefused(await pay(payload), { code: 'CODE_TIME_EXPIRED', path: '/payload' });
    assertRefused(await put(late.codeId, document), { code: 'CODE_TIME_EXPIRED', path: '/document' });
  });

  it('are another code when anything of their URL is other', async () => {
    const { payload } = await publish();
    const others: readonly [string, string][] = [
      [payload.replace('pay.example', 'pay.example.evil.example'), 'CODE_PAYLOAD_CHANGED'],
      [payload.replace('https://pay.example', 'http://127.0.0.1:80'), 'CODE_PAYLOAD_CHANGED'],
      [`${codeUrl}${'0'.repeat(16)}`, 'CODE_PAYLOAD_UNKNOWN'],
      [`${payload}?a=1`, 'QR_OBJECT_MALFORMED'],
      [payload.replace('pay.example', 'x@pay.example'), 'QR_OBJECT_MALFORMED'],
      [payload.replace('pay.example', 'PAY.example'), 'QR_OBJECT_MALFORMED'],
    ];
    for (const [other, code] of others) {
      assertRefused(await pay(other), { code, path: '/payload' });
    }
  });

  it('do not make a text code of the same id', async () => {
    const text = await makeCode(network.acquirer);
    assertRefused(await pay(codeUrl + text.codeId, { amount: yuan(5) }), {
      code: 'CODE_PAYLOAD_CHANGED',
      path: '/payload',
    });
    const document = await documentOf({
      ...text,
      payload: codeUrl + text.codeId,
      expiresAt: inSeconds(60).toISOString(),
    });
    assertRefused(await put(text.codeId, document), {
      code: 'CODE_DOCUMENT_MISMATCH',
      path: '/document#url',
    });
  });

  const differences: readonly [string, Parameters<typeof documentOf>[1]][] = [
    ['url', { url: `${codeUrl}0000000000000000` }],
    ['codeId', { code: { codeId: '0000000000000000' } }],
    ['merchantId', { code: { merchantId: 'OTHER' } }],
    ['name', { code: { name: 'Jade Tree House' } }],
    ['city', { code: { city: 'Suzhou' } }],
    ['category', { code: { category: '5999' } }],
    ['country', { code: { country: 'SG' } }],
    ['currency', { code: { currency: '702' } }],
    ['amount', { code: { amount: '12.5' } }],
    ['reference', { code: { reference: 'T-1' } }],
    ['store', { code: { store: 'S-2' } }],
    ['terminal', { code: { terminal: '4' } }],
    ['exp', { exp: new Date('2026-11-24T09:00:00Z') }],
  ];
  for (const [member, change] of differences) {
    it(`refuse a document with another ${member} than was registered`, async () => {
      const code = await register();
      const document = await documentOf(code, change);
      await writesNothing(network.switch, async () => {
        assertRefused(await put(code.codeId, document), {
          code: 'CODE_DOCUMENT_MISMATCH',
          path: `/document#${member}`,
        });
      });
    });
  }

  it('refuse a document that their acquirer did not sign with a key for codes', async () => {
    const { acquirer, otherAcquirer } = network;
    const code = await register();
    const right = await documentOf(code);
    const [header, payload, signature] = right.split('.');
    const changed = Buffer.from(
      Buffer.from(payload ?? '', 'base64url')
        .toString()
        .replace('12.50', '22.50'),
    ).toString('base64url');
    const rows: readonly [string, string][] = [
      ['CODE_SIGNATURE_KEY_UNKNOWN', await documentOf(code, { key: otherAcquirer.codeKey })],
      ['CODE_SIGNATURE_KEY_UNKNOWN', await documentOf(code, { key: acquirer.key })],
      ['CODE_SIGNATURE_INVALID', `${header}.${changed}.${signature}`],
      ['CODE_SIGNATURE_MALFORMED', `${right}.`],
      ['CODE_SIGNATURE_MALFORMED', 'x'],
    ];
    for (const [told, document] of rows) {
      assertRefused(await put(code.codeId, document), { code: told, path: '/document' });
    }
    const other = await documentOf(code, {
      key: otherAcquirer.codeKey,
      code: { acquirer: otherAcquirer.number },
    });
    assertRefused(await put(code.codeId, other), {
      code: 'CODE_DOCUMENT_MISMATCH',
      path: '/document#acquirer',
    });
    const large = await put(code.codeId, 'x'.repeat(8193));
    assertRefused(large, { code: 'MESSAGE_MEMBER_INVALID', path: '/document' });
    assertRefused(await put(code.codeId, right, otherAcquirer), { code: 'CODE_PAYLOAD_UNKNOWN' });
  });

  it('keep their first document', async () => {
    const { codeId, document, ...rest } = await publish();
    const again = await documentOf({ codeId, ...rest });
    assert.notEqual(again, document);
    assert.equal((await put(codeId, again)).status, 200);
    assert.equal(await (await open(codeId)).text(), document);
  });

  const drafts: readonly [string, object, { readonly code: string; readonly path: string }][] = [
    ['a static one', { mode: 'static', form: 'url' }, { code: 'MESSAGE_MEMBER_INVALID', path: '/form' }],
    [
      'a static one for one payment',
      { mode: 'static', uses: 'single' },
      { code: 'MESSAGE_MEMBER_INVALID', path: '/uses' },
    ],
    [
      'one without amount',
      { mode: 'dynamic', form: 'url', expiresAt: '2999-01-01T00:00:00Z' },
      { code: 'CODE_AMOUNT_MISSING', path: '/amount' },
    ],
    [
      'one without expiry',
      { mode: 'dynamic', form: 'url', amount: yuan(5) },
      { code: 'CODE_EXPIRY_INVALID', path: '/expiresAt' },
    ],
  ];
  for (const [what, draft, row] of drafts) {
    it(`refuse ${what}`, async () => {
      const request = { merchant, currency: 'CNY', ...draft };
      assertRefused(await network.acquirer.send('POST', '/v1/codes', request), row);
    });
  }

  it('count no more when the key that signed them is revoked', async () => {
    const { acquirer, switch: started } = network;
    const { payload } = await publish();
    const path = `/admin/v1/participants/${acquirer.id}/keys/${acquirer.codeKey.kid}`;
    await started.operator.send('DELETE', path);
    assertRefused(await pay(payload), { code: 'CODE_SIGNATURE_KEY_NOT_VALID', path: '/payload' });
  });
});

describe('a switch without a URL for codes', () => {
  it('gives out none', async () => {
    const network = await startNetwork();
    try {
      const answer = await network.acquirer.send('POST', '/v1/codes', {
        ...{ merchant, mode: 'dynamic', currency: 'CNY', amount: yuan(5), form: 'url' },
        expiresAt: '2999-01-01T00:00:00Z',
      });
      assertRefused(answer, { code: 'CODE_URL_UNAVAILABLE', path: '/form' });
    } finally {
      await network.stop();
    }
  });
});

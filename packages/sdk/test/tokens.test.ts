import assert from 'node:assert/strict';
import { encodeMerchantCode } from '@barlink/codes';
import { generateSigningKey } from '@barlink/signing';
import { freshPayerCodeMemory, verifyCryptogram } from '@barlink/tokens';
import { createIssuer, createOperator, createWallet, newIdempotencyKey } from '../src/index.ts';
import { payment } from './support/samples.ts';
import { createSwitchDouble } from './support/switch-double.ts';

const tokenId = '01890a5d-ac96-774b-bcce-b302099a8058';
const controls = {
  presentments: ['merchant'],
  paymentLimit: { currency: 'CNY', minor: '500' },
  useLimits: [
    { period: 'day', count: 3, amount: { currency: 'CNY', minor: '900' } },
    { period: 'validity', count: 9 },
  ],
  merchants: [{ acquirer: 'acquirer-east', merchantId: 'TEA-01' }, { acquirer: 'acquirer-west' }],
  categories: ['5812'],
  cryptogram: 'required',
  expiresAt: '2027-03-01T08:00:00.000Z',
};
const token = {
  tokenId,
  issuer: 'bank-north',
  requestorId: '00010000021',
  state: 'inactive',
  accountMarking: '0'.repeat(29),
  accountHint: '1001',
  assuranceMethod: '12',
  ...controls,
  createdAt: '2026-03-01T08:00:00.000Z',
};
const provision = {
  networkNumber: '0001',
  deviceKey: Buffer.alloc(32, 7).toString('base64url'),
  handles: ['12345678', '87654321'],
};
const decoded = {
  ...controls,
  paymentLimit: { currency: 'CNY', minor: 500n },
  useLimits: [
    { period: 'day', count: 3, amount: { currency: 'CNY', minor: 900n } },
    { period: 'validity', count: 9 },
  ],
  expiresAt: new Date('2027-03-01T08:00:00Z'),
};

/** What is asked for one after the other. */
const paths = [
  'POST /v1/tokens/id/activate',
  'PUT /v1/tokens/id/controls',
  'POST /v1/tokens/id/payer-code-handles',
  'POST /v1/payer-codes',
  'POST /v1/tokens/id/approve',
  'GET /v1/tokens/id/history',
  'GET /admin/v1/tokens/id',
  'POST /admin/v1/tokens/id/suspend',
  'POST /admin/v1/tokens/id/resume',
  'POST /admin/v1/vault/rotations',
  'GET /admin/v1/vault/rotations/id',
];

describe('tokens through the SDK', () => {
  async function start() {
    const key = await generateSigningKey('ES256');
    const double = await createSwitchDouble({ participantId: 'wallet-jade', key });
    const settings = { switchUrl: double.url, participantId: 'wallet-jade', key };
    return { double, settings };
  }

  it('are made with controls, and shown with them', async () => {
    const { double, settings } = await start();
    const wallet = createWallet(settings);
    double.script({ status: 201, value: { ...token, payerCode: provision } });
    const made = await wallet.createToken({
      issuer: 'bank-north',
      account: 'NORTH-1001',
      activation: 'by_wallet',
      ...decoded,
      presentments: ['merchant'],
      useLimits: [
        { period: 'day', count: 3, amount: { currency: 'CNY', minor: 900n } },
        { period: 'validity', count: 9 },
      ],
      cryptogram: 'required',
    });
    assert.deepEqual(made.controls, decoded);
    assert.deepEqual(made.payerCode, provision);
    assert.deepEqual([made.state, made.assuranceMethod, made.requestorId], ['inactive', '12', '00010000021']);
    const [asked] = double.heard;
    assert.deepEqual(asked?.body, {
      issuer: 'bank-north',
      account: 'NORTH-1001',
      activation: 'by_wallet',
      ...controls,
    });
    await wallet.close();
    await double.close();
  });

  it('are activated, controlled, given new handles and codes, approved, inspected', async () => {
    const { double, settings } = await start();
    const [wallet, issuer, operator] = [
      createWallet(settings),
      createIssuer({
        ...settings,
        onAuthorization: () => ({ outcome: 'approved' }),
        onReversal: () => undefined,
      }),
      createOperator(settings),
    ];
    const refusal = {
      reason: 'merchant',
      sender: 'wallet-jade',
      amount: controls.paymentLimit,
      at: token.createdAt,
    };
    const entry = { event: 'create', actor: 'wallet', participant: 'wallet-jade', at: token.createdAt };
    const inspected = { token, wallet: 'wallet-jade', history: [entry], refusals: [refusal] };
    const code = {
      tokenId,
      payload: '3900019'.padEnd(24, '0'),
      emvCpm: 'hQVDUFYwMQ==',
      expiresAt: token.createdAt,
    };
    const rotation = {
      rotationId: tokenId,
      state: 'running',
      startedAt: token.createdAt,
      resealed: '5',
      remaining: '7',
    };
    double.script(
      ...[token, token, provision].map((value) => ({ status: 200, value })),
      { status: 201, value: code },
      ...[token, inspected, inspected, token, token].map((value) => ({ status: 200, value })),
      { status: 202, value: rotation },
      { status: 200, value: { ...rotation, state: 'finished', finishedAt: token.createdAt } },
    );
    await wallet.activateToken(tokenId);
    await wallet.controlToken(tokenId, { paymentLimit: { currency: 'CNY', minor: 5n } });
    assert.deepEqual(await wallet.replaceHandles(tokenId, { cause: 'device_lost' }), provision);
    assert.equal((await wallet.issuePayerCode(tokenId)).emvCpm, code.emvCpm);
    await issuer.approveToken(tokenId, { assuranceMethod: '11' });
    const { refusals, history } = await issuer.inspectToken(tokenId);
    assert.deepEqual(
      [refusals[0]?.reason, refusals[0]?.amount.minor, history[0]?.actor],
      ['merchant', 500n, 'wallet'],
    );
    assert.equal((await operator.inspectToken(tokenId)).wallet, 'wallet-jade');
    await operator.suspendToken(tokenId);
    await operator.resumeToken(tokenId);
    assert.equal((await operator.rotateVault()).remaining, 7n);
    assert.equal((await operator.vaultRotation(tokenId)).state, 'finished');
    assert.deepEqual(
      double.heard.map(({ method, path }) => `${method} ${path.replace(tokenId, 'id')}`),
      paths,
    );
    await Promise.all([wallet.close(), issuer.close(), operator.close()]);
    await double.close();
  });

  it('confirm a payment by a cryptogram over the amount of the code', async () => {
    const { double, settings } = await start();
    const wallet = createWallet(settings);
    const payload = encodeMerchantCode({
      acquirer: '300001',
      merchantId: 'TEA-01',
      codeId: '01J0000000000000',
      name: 'Old Street Teahouse',
      city: 'Chengdu',
      category: '5812',
      country: 'CN',
      currency: '156',
      mode: 'dynamic',
      amount: '12.50',
    });
    double.script({ status: 201, value: payment });
    const idempotencyKey = newIdempotencyKey(new Date());
    const { deviceKey: key } = provision;
    const device = { provision: { deviceKey: key }, counter: 4 };
    await wallet.pay({ payload, tokenId, idempotencyKey, device });
    const heard = double.heard[0]?.body;
    assert.ok(heard);
    const { cryptogram } = heard as {
      cryptogram: { counter: number; value: string };
    };
    assert.equal(cryptogram.counter, 4);
    const amount = { currency: 'CNY', minor: 1250n };
    const deviceKey = Buffer.alloc(32, 7);
    verifyCryptogram({ deviceKey, tokenId, idempotencyKey, amount, payload, cryptogram });
    await wallet.close();
    await double.close();
  });

  it('show codes that never repeat, by what the device remembers', async () => {
    const { double, settings } = await start();
    const wallet = createWallet({ ...settings, now: () => new Date('2026-03-01T08:00:10Z') });
    const one = wallet.nextPayerCode(provision, freshPayerCodeMemory);
    const two = wallet.nextPayerCode(provision, one.memory);
    assert.notEqual(one.code.text, two.code.text);
    assert.equal(two.memory.counter, 2);
    await wallet.close();
    await double.close();
  });
});

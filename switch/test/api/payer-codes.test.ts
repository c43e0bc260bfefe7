import assert from 'node:assert/strict';
import { encodePayerCpm } from '@barlink/codes';
import { createCryptogram, createPayerCode, readProvision } from '@barlink/tokens';
import {
  declineAll,
  makeCode,
  makeToken,
  merchant,
  startNetwork,
  type TestNetwork,
  yuan,
} from '../support/network.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';
import { newUuid7 } from '../support/sender.ts';

type Token = Awaited<ReturnType<typeof makeToken>>;

describe('payer codes, cryptograms and limits over HTTP', () => {
  let network: TestNetwork;
  let payload: string;
  before(async () => {
    network = await startNetwork();
    payload = (await makeCode(network.acquirer)).payload;
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  const scan = (code: string, change: object = {}) => {
    const request = { presentment: 'consumer', payload: code, amount: yuan(100), merchant, ...change };
    return network.acquirer.send('POST', '/v1/payments', request);
  };
  const show = ({ payerCode }: Token, counter = 0) =>
    createPayerCode({ ...readProvision(payerCode), now: new Date(), counter }).text;
  const pay = (tokenId: string, change: object = {}, idempotencyKey = newUuid7()) => {
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(100), ...change };
    return network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
  };
  const signed = ({ tokenId, payerCode }: Token, counter: number, idempotencyKey: string) => ({
    cryptogram: createCryptogram({
      tokenId,
      idempotencyKey,
      counter,
      payload,
      amount: { currency: 'CNY', minor: 100n },
      deviceKey: readProvision(payerCode).deviceKey,
    }),
  });

  it('takes a code of the switch’s making once, within a minute', async () => {
    const { wallet, bank } = network;
    const { tokenId } = await makeToken(wallet, bank);
    const { status, body } = await wallet.send('POST', '/v1/payer-codes', { tokenId });
    assert.equal(status, 201);
    assert.match(body.payload, /^3900019\d{17}$/);
    const leftMs = Date.parse(body.expiresAt) - Date.now();
    assert.ok(leftMs > 0 && leftMs <= 60_000);
    assert.equal(encodePayerCpm(body.payload), body.emvCpm);
    const first = await scan(body.emvCpm);
    assert.equal(first.body.state, 'captured');
    const second = await scan(body.payload);
    assert.deepEqual([second.body.state, second.body.reason], ['declined', 'PAYER_CODE_USED']);
  });

  it('gives a repeated request the same code', async () => {
    const { wallet, bank } = network;
    const { tokenId } = await makeToken(wallet, bank);
    const idempotencyKey = newUuid7();
    const ask = () => wallet.send('POST', '/v1/payer-codes', { tokenId }, { idempotencyKey });
    assert.deepEqual((await ask()).body, (await ask()).body);
  });

  it('takes a device’s code in its EMVCo form, and it is the same code', async () => {
    const token = await makeToken(network.wallet, network.bank);
    const code = show(token);
    assert.equal((await scan(encodePayerCpm(code))).body.state, 'captured');
    assert.equal((await scan(code)).body.reason, 'PAYER_CODE_USED');
    assertRefused(await scan('hQVDUFYwMWETTwegAAAAAxAQUAhWaXNhIERlYg=='), {
      code: 'PAYER_CODE_MALFORMED',
      path: '/payload',
    });
  });

  it('replaces handles: codes of the old ones hold no longer, at once when the device is lost', async () => {
    const { wallet, bank } = network;
    const token = await makeToken(wallet, bank);
    const target = `/v1/tokens/${token.tokenId}/payer-code-handles`;
    const [before, after] = [show(token, 0), show(token, 1)];
    const used = await wallet.send('POST', target, { cause: 'used' });
    assert.equal(used.status, 200);
    assert.equal(used.body.deviceKey, token.payerCode.deviceKey);
    assert.equal((await scan(before)).body.state, 'captured', 'shown before, it still holds for a minute');
    assert.equal((await scan(show({ ...token, payerCode: used.body }))).body.state, 'captured');
    const lost = await wallet.send('POST', target, { cause: 'device_lost' });
    assert.notEqual(lost.body.deviceKey, token.payerCode.deviceKey);
    assert.deepEqual(
      lost.body.handles.filter((handle: string) => used.body.handles.includes(handle)),
      [],
    );
    assertRefused(await scan(after), { code: 'PAYER_CODE_UNKNOWN', path: '/payload' });
    assertRefused(await scan(show({ ...token, payerCode: used.body }, 1)), {
      code: 'PAYER_CODE_UNKNOWN',
      path: '/payload',
    });
    assert.equal((await scan(show({ ...token, payerCode: lost.body }))).body.state, 'captured');
    const idempotencyKey = newUuid7();
    const replace = () => wallet.send('POST', target, { cause: 'used' }, { idempotencyKey });
    assert.deepEqual((await replace()).body, (await replace()).body);
  });

  it('refuses a terminal after ten wrong codes in a minute; other terminals go on', async () => {
    const token = await makeToken(network.wallet, network.bank);
    const nobodys = createPayerCode({
      ...readProvision(token.payerCode),
      handles: ['00000000'],
      now: new Date(),
      counter: 0,
    }).text;
    for (let wrong = 0; wrong < 10; wrong += 1) {
      const answer = await scan(nobodys, { terminalId: 'TILL-66' });
      assertRefused(answer, { code: 'PAYER_CODE_UNKNOWN', path: '/payload' });
    }
    const good = show(token);
    const limited = await writesNothing(network.switch, () => scan(good, { terminalId: 'TILL-66' }));
    assertRefused(limited, { code: 'PAYER_CODE_TERMINAL_LIMITED', path: '/terminalId' });
    assert.equal((await scan(good, { terminalId: 'TILL-67' })).body.state, 'captured');
  });

  it('takes a cryptogram once, for the payment it was made for', async () => {
    const token = await makeToken(network.wallet, network.bank, { cryptogram: 'required' });
    const key = newUuid7();
    const first = await pay(token.tokenId, signed(token, 1, key), key);
    assert.equal(first.body.state, 'captured');
    assert.deepEqual(
      (await pay(token.tokenId, signed(token, 1, key), key)).body,
      first.body,
      'the same request',
    );
    const other = newUuid7();
    const refused = await writesNothing(network.switch, () =>
      pay(token.tokenId, signed(token, 1, other), other),
    );
    assertRefused(refused, { code: 'TOKEN_COUNTER_USED', path: '/cryptogram/counter' });
    const more = { ...signed(token, 2, other), amount: yuan(101) };
    assertRefused(await pay(token.tokenId, more, other), {
      code: 'TOKEN_CRYPTOGRAM_INVALID',
      path: '/cryptogram',
    });
    assert.equal((await pay(token.tokenId, signed(token, 2, other), other)).body.state, 'captured');
  });

  it('counts payments of a token; one that comes to nothing is not counted', async () => {
    const { wallet, bank, acquirer } = network;
    const { tokenId } = await makeToken(wallet, bank, { useLimits: [{ period: 'day', count: 2 }] });
    const usual = bank.reply;
    bank.reply = declineAll(usual);
    assert.equal((await pay(tokenId)).body.state, 'declined');
    bank.reply = usual;
    const { body } = await pay(tokenId);
    assert.equal(body.state, 'captured');
    const target = `/v1/payments/${body.paymentId}/reverse`;
    await acquirer.send('POST', target, { reason: 'MERCHANT_REQUESTED' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(tokenId)));
    const states = answers.map((answer) => answer.body.state ?? answer.body.code).sort();
    assert.deepEqual(states, [...Array(6).fill('TOKEN_UNKNOWN'), 'captured', 'captured']);
    const { refusals } = (await bank.send('GET', `/v1/tokens/${tokenId}/history`)).body;
    assert.deepEqual(new Set(refusals.map(({ reason }: { reason: string }) => reason)), new Set(['count']));
  });

  it('seals all accounts with a new key when the operator says so', async () => {
    const { operator } = network.switch;
    const { tokenId } = await makeToken(network.wallet, network.bank);
    const ordered = await operator.send('POST', '/admin/v1/vault/rotations', {});
    assert.deepEqual([ordered.status, ordered.body.state], [202, 'running']);
    const target = `/admin/v1/vault/rotations/${ordered.body.rotationId}`;
    let seen = (await operator.send('GET', target)).body;
    for (let tries = 0; tries < 300 && seen.state !== 'finished'; tries += 1) {
      assert.equal((await pay(tokenId)).body.state, 'captured');
      seen = (await operator.send('GET', target)).body;
    }
    assert.deepEqual([seen.state, seen.remaining], ['finished', '0']);
    assert.ok(Number(seen.resealed) > 0);
    assert.equal((await pay(tokenId)).body.state, 'captured');
  });
});

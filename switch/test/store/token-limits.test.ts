import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { formatUuid7, type PaymentId, type TokenId } from '@barlink/protocol';
import { createPayerCode, readProvision } from '@barlink/tokens';
import type { TokenUseClaim } from '../../src/tokens/index.ts';
import type { UseLimit } from '../../src/tokens/token-controls.ts';
import {
  changeToken,
  cny,
  createMessage,
  createToken,
  createTokenFixture,
  createUse,
  openControls,
  payee,
  type TokenFixture,
} from './token-fixture.ts';

describe('what a token is good for (spec/tokens.md 2.2)', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  const limited = async (...useLimits: UseLimit[]) =>
    (await createToken(fixture, { controls: { useLimits } })).tokenId as TokenId;
  const newClaim = (tokenId: TokenId, change: Partial<TokenUseClaim> = {}): TokenUseClaim => ({
    paymentId: formatUuid7(fixture.clock.now().getTime(), randomBytes(10)) as PaymentId,
    tokenId,
    amount: cny(100n),
    counter: undefined,
    at: fixture.clock.now(),
    ...change,
  });
  const take = (claims: readonly TokenUseClaim[], released: readonly PaymentId[] = []) =>
    fixture.database.transaction((connection) =>
      fixture.uses.changeTokenUses(connection, { released, claims }),
    );
  const usage = async (tokenId: TokenId) => {
    const { rows } = await fixture.database.query<{ uses: number; minor: string }>({
      text: 'select uses, minor from token_usage where token_id = $1 order by day',
      values: [tokenId],
    });
    return rows.map(({ uses, minor }) => `${uses} ${minor}`);
  };

  it('answers wrong domains exactly like an unknown token, and tells the issuer why', async () => {
    const elsewhere = [{ acquirer: payee.acquirer, merchantId: 'TEA-2' }];
    const wrong = {
      channel: await createToken(fixture, { controls: { presentments: ['consumer'] } }),
      merchant: await createToken(fixture, { controls: { merchants: elsewhere } }),
      amount: await createToken(fixture, { controls: { paymentLimit: cny(99n) } }),
      currency: await createToken(fixture, { controls: { paymentLimit: { currency: 'EUR', minor: 5n } } }),
      requestor: await createToken(fixture, {}, 'wallet-two'),
    };
    const answerOf = (tokenId: string) =>
      fixture.uses.useToken(tokenId, createUse()).then(
        () => assert.fail('it was good'),
        (error: Error) => ({ ...error, text: error.message }),
      );
    const unknown = await answerOf('01950000-0000-7000-8000-000000000000');
    assert.equal((unknown as { code?: string }).code, 'TOKEN_UNKNOWN');
    for (const [reason, { tokenId }] of Object.entries(wrong)) {
      assert.deepEqual(await answerOf(tokenId), unknown);
      await fixture.refusals.settled();
      const { refusals } = await fixture.lifecycle.inspect(fixture.participant('bank-one'), tokenId);
      assert.deepEqual(
        refusals.map((refusal) => [refusal.reason, refusal.sender, refusal.merchantId]),
        [[reason, 'wallet-one', 'TEA-1']],
      );
    }
  });

  it('answers a payer code outside of its token’s domain like one of nobody', async () => {
    const token = await createToken(fixture, { controls: { categories: ['9999'] } });
    const scan = (payload: string) =>
      fixture.uses.usePayerCode(payload, { amount: cny(1n), payee, terminalId: 'till-7' }).then(
        () => assert.fail('it was good'),
        (error: Error) => ({ ...error, text: error.message }),
      );
    const device = readProvision(token.payerCode);
    const shown = (handles: readonly string[]) =>
      createPayerCode({ ...device, handles, now: fixture.clock.now(), counter: 0 }).text;
    assert.deepEqual(await scan(shown(device.handles)), await scan(shown(['00000000'])));
  });

  it('asks for no statement when a token has no limits', async () => {
    const { tokenId } = await createToken(fixture);
    assert.equal((await fixture.uses.useToken(tokenId, createUse())).taken, undefined);
  });

  it('counts by day and over the validity, in order within a batch', async () => {
    const tokenId = await limited(
      { period: 'day', count: 3, amount: cny(250n) },
      { period: 'validity', count: 4, amount: undefined },
    );
    const minors = [100n, 100n, 100n, 50n, 1n];
    const verdicts = await take(minors.map((minor) => newClaim(tokenId, { amount: cny(minor) })));
    assert.deepEqual(verdicts, [undefined, undefined, 'amount', undefined, 'count']);
    fixture.clock.advance(24 * 60 * 60 * 1000);
    assert.deepEqual(await take([newClaim(tokenId), newClaim(tokenId)]), [undefined, 'count']);
    assert.deepEqual(await usage(tokenId), ['4 350', '3 250', '1 100']);
  });

  it('gives back what a payment took that came to nothing, once', async () => {
    const tokenId = await limited({ period: 'validity', count: 1, amount: undefined });
    const first = newClaim(tokenId);
    assert.deepEqual(await take([first, newClaim(tokenId)]), [undefined, 'count']);
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await take([], [first.paymentId]), []);
      assert.deepEqual(await usage(tokenId), ['0 0', '0 0']);
    }
    // In one call: given back first, then taken.
    const second = newClaim(tokenId);
    assert.deepEqual(await take([second]), [undefined]);
    assert.deepEqual(await take([newClaim(tokenId)], [second.paymentId]), [undefined]);
  });

  it('forgets a payment that was rolled back', async () => {
    const tokenId = await limited({ period: 'validity', count: 1, amount: undefined });
    const failing = fixture.database.transaction(async (connection) => {
      await fixture.uses.changeTokenUses(connection, { released: [], claims: [newClaim(tokenId)] });
      throw new Error('rolled back');
    });
    await assert.rejects(failing, /rolled back/);
    assert.deepEqual(await take([newClaim(tokenId)]), [undefined]);
  });

  it('is never exceeded by payments at once', async () => {
    const tokenIds = await Promise.all(
      Array.from({ length: 4 }, () => limited({ period: 'day', count: 10, amount: cny(10_000n) })),
    );
    const batches = Array.from({ length: 24 }, (_, at) => {
      const turned = [...tokenIds.slice(at % 4), ...tokenIds.slice(0, at % 4)];
      return turned.flatMap((tokenId) => [newClaim(tokenId), newClaim(tokenId)]);
    });
    const verdicts = (await Promise.all(batches.map((batch) => take(batch)))).flat();
    assert.equal(verdicts.filter((verdict) => verdict === undefined).length, 40);
    for (const tokenId of tokenIds) {
      assert.deepEqual(await usage(tokenId), ['10 1000', '10 1000']);
    }
  });

  it('takes a counter once, of a hundred at once, and only forward', async () => {
    const { tokenId: id } = await createToken(fixture);
    const tokenId = id as TokenId;
    const same = await Promise.all(
      Array.from({ length: 100 }, () => take([newClaim(tokenId, { counter: 5 })])),
    );
    assert.equal(same.flat().filter((verdict) => verdict === undefined).length, 1);
    const counters = [4, 6, 6, 1006, 2007, 2006];
    assert.deepEqual(await take(counters.map((counter) => newClaim(tokenId, { counter }))), [
      'counter',
      undefined,
      'counter',
      undefined,
      'counter',
      undefined,
    ]);
  });

  it('is changed by the issuer as it likes, and narrowed by the wallet', async () => {
    const { tokenId } = await createToken(fixture, { controls: { paymentLimit: cny(100n) } });
    const control = (participant: string, change: object) => {
      const controls = { ...openControls, paymentLimit: cny(100n), ...change };
      const target = `/v1/tokens/${tokenId}/controls`;
      const message = createMessage(participant, {
        method: 'PUT',
        target,
        body: {},
        at: fixture.clock.now(),
      });
      const to = { tokenId, controls, expiresAt: undefined };
      return fixture.lifecycle.control(message, fixture.participant(participant), to);
    };
    await control('wallet-one', { paymentLimit: cny(50n) });
    await assert.rejects(control('wallet-one', { paymentLimit: cny(51n) }), {
      code: 'TOKEN_CONTROL_WIDENED',
    });
    await control('bank-one', {
      paymentLimit: cny(500n),
      merchants: [{ acquirer: 'shop-one', merchantId: undefined }],
    });
    await assert.rejects(control('wallet-two', {}), { code: 'TOKEN_UNKNOWN' });
    await assert.rejects(fixture.uses.useToken(tokenId, createUse({ amount: cny(501n) })), {
      code: 'TOKEN_UNKNOWN',
    });
    await fixture.uses.useToken(tokenId, createUse({ amount: cny(500n) }));
    const { history } = await fixture.lifecycle.inspect(fixture.participant('operator'), tokenId);
    assert.deepEqual(
      history.map(({ event, actor }) => `${event} ${actor}`),
      ['create wallet', 'control wallet', 'control issuer'],
    );
  });

  it('goes through its whole life: requested, approved, activated, suspended by the operator', async () => {
    fixture.issuer.word = { status: 200, value: { outcome: 'pending' } };
    const { tokenId, state } = await createToken(fixture, { activation: 'by_wallet' });
    fixture.issuer.word = { status: 200, value: { outcome: 'approved' } };
    const step = (participant: string, event: Parameters<typeof changeToken>[2]['event']) =>
      changeToken(fixture, participant, { tokenId, event, assuranceMethod: '12' });
    await assert.rejects(step('wallet-one', 'approve'), { code: 'TOKEN_STATE_CONFLICT' });
    const states = [
      state,
      await step('bank-one', 'approve'),
      await step('wallet-one', 'activate'),
      await step('operator', 'suspend'),
    ];
    assert.deepEqual(states, ['requested', 'inactive', 'active', 'suspended']);
    await assert.rejects(step('bank-one', 'resume'), { code: 'TOKEN_STATE_CONFLICT' });
    await assert.rejects(step('operator', 'delete'), { code: 'TOKEN_STATE_CONFLICT' });
    assert.equal(await step('operator', 'resume'), 'active');
    const token = await fixture.service.get(fixture.participant('wallet-one'), tokenId);
    assert.equal(token.assuranceMethod, '12');
  });

  it('tells how its issuer verified the account holder, and takes no method that is none', async () => {
    fixture.issuer.word = { status: 200, value: { outcome: 'approved', assuranceMethod: '11' } };
    assert.equal((await createToken(fixture)).assuranceMethod, '11');
    fixture.issuer.word = { status: 200, value: { outcome: 'approved', assuranceMethod: '99' } };
    await assert.rejects(createToken(fixture), { code: 'TOKEN_ISSUER_UNAVAILABLE' });
    fixture.issuer.word = { status: 200, value: { outcome: 'approved' } };
  });
});

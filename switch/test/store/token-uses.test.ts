import assert from 'node:assert/strict';
import type { ParticipantId, TokenCreated } from '@barlink/protocol';
import { createPayerCode, readProvision } from '@barlink/tokens';
import type { PayerCodeClaim } from '../../src/tokens/index.ts';
import {
  account,
  changeToken,
  cny,
  createToken,
  createTokenFixture,
  createUse,
  payee,
  type TokenFixture,
} from './token-fixture.ts';

describe('using a token for payments', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  const wallet = 'wallet-one' as ParticipantId;
  const use = (tokenId: string, amount = cny(100n)) =>
    fixture.uses.useToken(tokenId, createUse({ wallet, amount }));
  const show = (token: TokenCreated, counter = 0) =>
    createPayerCode({ ...readProvision(token.payerCode), now: fixture.clock.now(), counter }).text;
  const scan = (payload: string, amount = cny(100n)) =>
    fixture.uses.usePayerCode(payload, { amount, payee, terminalId: 'till-1' });
  /** A code that reads well and whose one-time value is another. */
  const forge = (payload: string) => {
    const changed = payload.slice(0, 14) + String((Number(payload[14]) + 1) % 10) + payload.slice(15, 23);
    const sum = [...changed].reverse().reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    return changed + String((10 - (sum % 10)) % 10);
  };

  it('opens the account for its wallet', async () => {
    const controls = { paymentLimit: cny(500n), presentments: ['merchant'] } as const;
    const { tokenId, expiresAt, accountMarking } = await createToken(fixture, { controls });
    assert.deepEqual(await use(tokenId), {
      tokenId,
      wallet,
      issuer: 'bank-one',
      account,
      accountMarking,
      state: 'active',
      expiresAt: new Date(expiresAt),
      taken: undefined,
    });
  });

  it('answers a token of another wallet exactly like an unknown one', async () => {
    const { tokenId } = await createToken(fixture, {}, 'wallet-two');
    const messageOf = (id: string) =>
      use(id).then(
        () => assert.fail('a token was found'),
        (error: Error) => ({ ...error, text: error.message }),
      );
    const unknown = await messageOf('01950000-0000-7000-8000-000000000000');
    assert.equal((unknown as { code?: string }).code, 'TOKEN_UNKNOWN');
    assert.deepEqual(await messageOf(tokenId), unknown);
    assert.deepEqual(await messageOf('no id'), unknown);
  });

  it('sees a suspension at once', async () => {
    const { tokenId } = await createToken(fixture);
    await use(tokenId);
    await changeToken(fixture, 'bank-one', { tokenId, event: 'suspend' });
    await assert.rejects(use(tokenId), { code: 'TOKEN_SUSPENDED' });
  });

  it('opens a deleted token for a refund', async () => {
    const { tokenId } = await createToken(fixture);
    await changeToken(fixture, 'wallet-one', { tokenId, event: 'delete' });
    await assert.rejects(use(tokenId), { code: 'TOKEN_DELETED' });
    const { state, account: opened } = await fixture.uses.openToken(tokenId);
    assert.deepEqual([state, opened], ['deleted', account]);
  });

  it('answers many look-ups with few queries', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => createToken(fixture)));
    let queries = 0;
    fixture.database.pool.on('acquire', () => {
      queries += 1;
    });
    const opened = await Promise.all(tokens.map(({ tokenId }) => use(tokenId)));
    fixture.database.pool.removeAllListeners('acquire');
    assert.deepEqual(
      opened.map(({ tokenId }) => tokenId),
      tokens.map(({ tokenId }) => tokenId),
    );
    assert.equal(queries, 1);
  });

  describe('by a payer code', () => {
    it('finds the token and what to claim', async () => {
      const token = await createToken(fixture);
      const opened = await scan(show(token, 5));
      assert.equal(opened.token.tokenId, token.tokenId);
      assert.equal(opened.token.account, account);
      assert.deepEqual(opened.claim, {
        tokenId: token.tokenId,
        networkNumber: '0001',
        handle: token.payerCode.handles[1],
        step: Math.floor(fixture.clock.now().getTime() / 30_000),
        slot: 1,
      });
    });

    it('refuses texts that are no payer code, codes of nobody, and codes whose time is over', async () => {
      const token = await createToken(fixture);
      const payload = show(token);
      await assert.rejects(scan('12'), { code: 'PAYER_CODE_MALFORMED' });
      const device = readProvision(token.payerCode);
      const now = fixture.clock.now();
      const stranger = createPayerCode({ ...device, handles: ['00000000'], now, counter: 0 }).text;
      await assert.rejects(scan(stranger), { code: 'PAYER_CODE_UNKNOWN' });
      const elsewhere = createPayerCode({ ...device, networkNumber: '0002', now, counter: 0 }).text;
      await assert.rejects(scan(elsewhere), { code: 'PAYER_CODE_UNKNOWN' });
      fixture.clock.advance(60_000);
      await assert.rejects(scan(payload), { code: 'PAYER_CODE_EXPIRED' });
    });

    it('refuses a suspended token', async () => {
      const token = await createToken(fixture);
      await changeToken(fixture, 'wallet-one', { tokenId: token.tokenId, event: 'suspend' });
      await assert.rejects(scan(show(token)), { code: 'TOKEN_SUSPENDED' });
    });

    it('takes no code for 15 minutes after five wrong ones; other tokens go on', async () => {
      const token = await createToken(fixture);
      const other = await createToken(fixture);
      for (let wrong = 0; wrong < 5; wrong += 1) {
        await assert.rejects(scan(forge(show(token))), { code: 'PAYER_CODE_INVALID', path: '/payload' });
      }
      await assert.rejects(scan(show(token)), { code: 'PAYER_CODE_LOCKED' });
      await scan(show(other));
      await use(token.tokenId);
      fixture.clock.advance(15 * 60_000);
      await scan(show(token));
      await assert.rejects(scan(forge(show(token))), { code: 'PAYER_CODE_INVALID' });
      await scan(show(token));
    });

    it('lets one of a thousand uses of the same code win, from many connections', async () => {
      const { claim } = await scan(show(await createToken(fixture)));
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          fixture.database.transaction((connection) =>
            fixture.uses.claimPayerCodes(
              connection,
              Array.from({ length: 10 }, () => claim),
            ),
          ),
        ),
      );
      assert.equal(answers.flat().filter(Boolean).length, 1);
    });

    it('answers a batch of claims row by row, first come first served', async () => {
      const token = await createToken(fixture);
      const one = (await scan(show(token, 0))).claim;
      const two = (await scan(show(token, 1))).claim;
      const claims: readonly PayerCodeClaim[] = [one, two, one, { ...one, slot: 3 }];
      assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, claims), [
        true,
        true,
        false,
        true,
      ]);
      assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, [two, one]), [false, false]);
      assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, []), []);
    });

    it('forgets uses of codes that expired long ago, and no others', async () => {
      const { claim } = await scan(show(await createToken(fixture)));
      await fixture.uses.claimPayerCodes(fixture.database, [claim]);
      await fixture.uses.forgetPayerCodeUses();
      assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, [claim]), [false]);
      fixture.clock.advance(62 * 60_000);
      assert.ok((await fixture.uses.forgetPayerCodeUses()) > 0);
      assert.equal(await fixture.uses.forgetPayerCodeUses(), 0);
    });

    it('frees a code whose payment was rolled back', async () => {
      const { claim } = await scan(show(await createToken(fixture)));
      const failing = fixture.database.transaction(async (connection) => {
        assert.deepEqual(await fixture.uses.claimPayerCodes(connection, [claim]), [true]);
        throw new Error('rolled back');
      });
      await assert.rejects(failing, /rolled back/);
      assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, [claim]), [true]);
    });
  });
});

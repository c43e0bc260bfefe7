import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import { completePayerCode, createPayerCode, readProvision } from '@barlink/tokens';
import { openDatabase } from '../../src/database/index.ts';
import {
  cny,
  createToken,
  createTokenFixture,
  createUse,
  payee,
  type TokenFixture,
} from './token-fixture.ts';

describe('payer codes under attack (spec/tokens.md 5)', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  const show = (token: Awaited<ReturnType<typeof createToken>>, counter = 0) =>
    createPayerCode({ ...readProvision(token.payerCode), now: fixture.clock.now(), counter }).text;

  it('a hundred wrong guesses at once: five are evaluated, and a right code is not taken any more', async () => {
    const token = await createToken(fixture);
    const right = show(token);
    const { claim } = await fixture.uses.usePayerCode(right, {
      amount: cny(1n),
      payee,
      terminalId: 'till-0',
    });
    const guesses = Array.from({ length: 100 }, (_, at) => {
      const value = String((Number(right.slice(14, 22)) + 1 + at) % 100_000_000).padStart(8, '0');
      return completePayerCode(right.slice(2, 14) + value + right.slice(22, 23));
    });
    const codes = await Promise.all(
      guesses.map((guess, at) =>
        fixture.uses
          .usePayerCode(guess, { amount: cny(1n), payee, terminalId: `till-${at}` })
          .catch((error: { code?: string }) => error.code),
      ),
    );
    assert.equal(codes.filter((code) => code === 'PAYER_CODE_INVALID').length, 5);
    assert.equal(codes.filter((code) => code === 'PAYER_CODE_LOCKED').length, 95);
    assert.deepEqual(await fixture.uses.claimPayerCodes(fixture.database, [claim]), [false]);
  });

  it('one code, a thousand times at once from four pools: one wins', async () => {
    const token = await createToken(fixture);
    const { claim } = await fixture.uses.usePayerCode(show(token), {
      amount: cny(1n),
      payee,
      terminalId: 'till-1',
    });
    const pools = await Promise.all(
      Array.from({ length: 4 }, () =>
        openDatabase({ url: fixture.url, connections: 5, onError: () => undefined }),
      ),
    );
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => {
        const pool = pools[at % 4] ?? fixture.database;
        return pool.transaction((connection) => fixture.uses.claimPayerCodes(connection, [claim]));
      }),
    );
    await Promise.all(pools.map((pool) => pool.close()));
    assert.equal(answers.flat().filter(Boolean).length, 1);
  });

  it('sealed in the SM profile, accounts are opened, and turned over by a rotation, while payments go on', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => createToken(fixture)));
    const sm = await fixture.startProcess({
      vaultKey: new Uint8Array(32).fill(42),
      algorithm: 'SM4CBC-HSM3',
    });
    await sm.rotation.begin();
    const use = createUse({ wallet: 'wallet-one' as ParticipantId });
    const [, ...opened] = await Promise.all([
      sm.rotation.reseal(),
      ...made.map(({ tokenId }) => fixture.uses.useToken(tokenId, use)),
    ]);
    assert.ok(opened.every(({ account }) => account === '6222021001116245702'));
    const { rows } = await fixture.database.query<{ kind: string }>(
      'select distinct account_algorithm as kind from tokens',
    );
    assert.deepEqual(rows, [{ kind: 'SM4CBC-HSM3' }]);
    await fixture.rotation.begin();
    await fixture.rotation.reseal();
    assert.equal((await sm.uses.useToken(made[0]?.tokenId ?? '', use)).account, '6222021001116245702');
  });
});

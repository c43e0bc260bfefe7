import assert from 'node:assert/strict';
import {
  account,
  again,
  cny,
  createDraft,
  createRequest,
  createToken,
  createTokenFixture,
  createUse,
  type TokenFixture,
  vaultKey,
} from './token-fixture.ts';

describe('the keys of the vault (spec/tokens.md 1.3)', () => {
  let fixture: TokenFixture;
  beforeEach(async () => {
    fixture = await createTokenFixture();
  });
  afterEach(() => fixture.close());

  const use = (tokenId: string, uses = fixture.uses) =>
    uses.useToken(tokenId, createUse({ amount: cny(1n) }));
  const accountKeys = async () => {
    const { rows } = await fixture.database.query<{ key_id: string; count: string }>(
      'select account_key_id as key_id, count(*) from tokens group by 1',
    );
    return new Map(rows.map((row) => [row.key_id, Number(row.count)]));
  };
  const former = new Uint8Array(32).fill(42);
  const fresh = new Uint8Array(32).fill(43);

  it('are made once, however many processes start at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => fixture.startProcess()));
    const { rows } = await fixture.database.query<{ purpose: string }>(
      'select purpose from vault_keys where is_current order by purpose',
    );
    assert.deepEqual(
      rows.map(({ purpose }) => purpose),
      ['account', 'device', 'index', 'message'],
    );
  });

  it('open what another process sealed, with a key made after this one started', async () => {
    const other = await fixture.startProcess();
    await other.rotation.begin();
    const draft = createDraft();
    const message = createRequest(fixture, draft);
    const { body } = await other.service.create(message, fixture.participant('wallet-one'), draft);
    const { tokenId } = JSON.parse(body) as { tokenId: string };
    assert.equal((await use(tokenId)).account, account);
  });

  it('are not opened by another vault key', async () => {
    await assert.rejects(fixture.startProcess({ vaultKey: fresh }), /the vault key is not the one/);
    await assert.rejects(fixture.startProcess({ vaultKey: new Uint8Array(16) }), /32 bytes/);
  });

  it('are wrapped anew when the vault key changes; the same start again does no harm', async () => {
    const { tokenId } = await createToken(fixture);
    for (let start = 0; start < 2; start += 1) {
      const moved = await fixture.startProcess({ vaultKey: fresh, formerVaultKey: former });
      assert.equal((await use(tokenId, moved.uses)).account, account);
    }
    assert.equal(
      (await use(tokenId, (await fixture.startProcess({ vaultKey: fresh })).uses)).account,
      account,
    );
    await assert.rejects(fixture.startProcess({ vaultKey }), /the vault key is not the one/);
  });

  it('change under accounts without touching what they open to, or their device keys', async () => {
    const draft = createDraft();
    const message = createRequest(fixture, draft);
    const wallet = fixture.participant('wallet-one');
    const created = await fixture.service.create(message, wallet, draft);
    await fixture.rotation.begin();
    const { tokenId: second } = await createToken(fixture);
    assert.equal((await accountKeys()).size, 2);
    assert.equal(await fixture.rotation.reseal(), 1);
    assert.equal(await fixture.rotation.reseal(), 0);
    assert.deepEqual([...(await accountKeys()).values()], [2]);
    assert.equal((await use(second)).account, account);
    assert.deepEqual(await fixture.service.create(again(message), wallet, draft), created);
  });

  it('change while payments go on, killed in the middle and taken up again', async () => {
    const tokens = await Promise.all(Array.from({ length: 30 }, () => createToken(fixture)));
    await fixture.rotation.begin();
    // A transaction that ends without commit is what a kill leaves behind.
    const killed = fixture.database.transaction(async (connection) => {
      await connection.query(`update tokens set account_sealed = '\\x00' where token_id = $1`, [
        tokens[0]?.tokenId,
      ]);
      throw new Error('killed');
    });
    await assert.rejects(killed, /killed/);
    const uses = Promise.all(tokens.map(({ tokenId }) => use(tokenId)));
    const other = await fixture.startProcess();
    const counts = await Promise.all([fixture.rotation.reseal(), other.rotation.reseal()]);
    assert.ok((await uses).every((opened) => opened.account === account));
    // Each skips what the other holds; together, with one more run, nothing is left.
    const rest = await other.rotation.reseal();
    assert.equal(counts[0] + counts[1] + rest, 30);
    assert.equal((await accountKeys()).size, 1);
    assert.ok(
      (await Promise.all(tokens.map(({ tokenId }) => use(tokenId)))).every((one) => one.account === account),
    );
  });

  it('are destroyed only when no row needs them and no process can still seal with them', async () => {
    await createToken(fixture);
    await fixture.rotation.begin();
    fixture.clock.advance(2 * 60 * 60 * 1000);
    assert.equal(await fixture.rotation.retire(), 0);
    await fixture.rotation.reseal();
    await fixture.rotation.begin();
    await fixture.rotation.reseal();
    assert.equal(await fixture.rotation.retire(), 1);
    fixture.clock.advance(2 * 60 * 60 * 1000);
    assert.equal(await fixture.rotation.retire(), 1);
    const [count] = (await accountKeys()).values();
    assert.equal(count, 1);
  });

  it('cannot be deleted under a row that needs them', async () => {
    await createToken(fixture);
    await assert.rejects(fixture.database.query('delete from vault_keys'), /foreign key/);
  });
});

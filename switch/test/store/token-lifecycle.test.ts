import assert from 'node:assert/strict';
import {
  again,
  changeToken,
  createMessage,
  createToken,
  createTokenFixture,
  type TokenFixture,
} from './token-fixture.ts';

describe('suspending, resuming and deleting a token', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  const act = (participant: string, tokenId: string, event: 'suspend' | 'resume' | 'delete') =>
    changeToken(fixture, participant, { tokenId, event });

  it('lets wallet and issuer see it, and for nobody else it exists', async () => {
    const { tokenId } = await createToken(fixture);
    for (const id of ['wallet-one', 'bank-one']) {
      assert.equal((await fixture.service.get(fixture.participant(id), tokenId)).id, tokenId);
    }
    for (const id of ['wallet-two', 'bank-two', 'shop-one']) {
      const stranger = fixture.participant(id);
      const unknown = await fixture.service
        .get(stranger, '01950000-0000-7000-8000-000000000000')
        .catch(String);
      assert.equal(await fixture.service.get(stranger, tokenId).catch(String), unknown);
      for (const event of ['suspend', 'resume', 'delete'] as const) {
        await assert.rejects(act(id, tokenId, event), { code: 'TOKEN_UNKNOWN' });
      }
    }
    assert.equal(
      (await fixture.service.get(fixture.participant('wallet-one'), tokenId)).suspendedBy.length,
      0,
    );
  });

  it('takes no id that is none', async () => {
    for (const tokenId of ['', 'x', "' or true", '01950000-0000-7000-8000-00000000000G']) {
      await assert.rejects(act('wallet-one', tokenId, 'suspend'), { code: 'TOKEN_UNKNOWN' });
      await assert.rejects(fixture.service.get(fixture.participant('wallet-one'), tokenId), {
        code: 'TOKEN_UNKNOWN',
      });
    }
  });

  it('keeps the wallet from resuming what the issuer suspended', async () => {
    const { tokenId } = await createToken(fixture);
    assert.equal(await act('wallet-one', tokenId, 'suspend'), 'suspended');
    assert.equal(await act('bank-one', tokenId, 'suspend'), 'suspended');
    assert.equal(await act('wallet-one', tokenId, 'resume'), 'suspended');
    await assert.rejects(act('wallet-one', tokenId, 'resume'), { code: 'TOKEN_STATE_CONFLICT' });
    assert.equal(await act('bank-one', tokenId, 'resume'), 'active');
  });

  it('deletes for good', async () => {
    const { tokenId } = await createToken(fixture);
    assert.equal(await act('bank-one', tokenId, 'delete'), 'deleted');
    for (const event of ['suspend', 'resume', 'delete'] as const) {
      await assert.rejects(act('wallet-one', tokenId, event), { code: 'TOKEN_STATE_CONFLICT' });
    }
  });

  it('lets an expired token only be deleted', async () => {
    const expiresAt = new Date(fixture.clock.now().getTime() + 1000);
    const { tokenId } = await createToken(fixture, { expiresAt });
    fixture.clock.advance(1000);
    await assert.rejects(act('wallet-one', tokenId, 'suspend'), { code: 'TOKEN_STATE_CONFLICT' });
    assert.equal(await act('wallet-one', tokenId, 'delete'), 'deleted');
  });

  it('keeps a history that says who did what', async () => {
    const { tokenId } = await createToken(fixture);
    await act('wallet-one', tokenId, 'suspend');
    await act('bank-one', tokenId, 'suspend');
    await act('wallet-one', tokenId, 'resume');
    await act('bank-one', tokenId, 'delete');
    const { id } = await fixture.service.get(fixture.participant('wallet-one'), tokenId);
    const entries = await fixture.store.listEvents(fixture.database, id);
    assert.deepEqual(
      entries.map(({ event, actor, participant }) => `${event} ${actor} ${participant}`),
      [
        'create wallet wallet-one',
        'suspend wallet wallet-one',
        'suspend issuer bank-one',
        'resume wallet wallet-one',
        'delete issuer bank-one',
      ],
    );
  });

  it('lets nobody change the history, in SQL either', async () => {
    await createToken(fixture);
    for (const text of [
      `update token_events set actor = 'issuer'`,
      'delete from token_events',
      'truncate token_events',
    ]) {
      await assert.rejects(fixture.database.query(text), /append-only/);
    }
  });

  it('has one effect of requests that come at once', async () => {
    const { tokenId } = await createToken(fixture);
    const target = `/v1/tokens/${tokenId}/suspend`;
    const wallet = fixture.participant('wallet-one');
    const message = createMessage('wallet-one', {
      method: 'POST',
      target,
      body: {},
      at: fixture.clock.now(),
    });
    const same = await Promise.all(
      Array.from({ length: 8 }, () =>
        fixture.lifecycle.change(again(message), wallet, { tokenId, event: 'suspend' }),
      ),
    );
    assert.equal(new Set(same.map(({ body }) => body)).size, 1);
    const different = await Promise.allSettled(
      Array.from({ length: 8 }, () => act('bank-one', tokenId, 'suspend')),
    );
    assert.equal(different.filter(({ status }) => status === 'fulfilled').length, 1);
  });
});

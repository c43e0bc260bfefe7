import assert from 'node:assert/strict';
import type { ParticipantId, TokenCreated } from '@barlink/protocol';
import { readProvision } from '@barlink/tokens';
import {
  account,
  again,
  createDraft,
  createRequest,
  createToken,
  createTokenFixture,
  type TokenFixture,
} from './token-fixture.ts';

describe('creating a token', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());
  beforeEach(() => {
    fixture.issuer.asked.length = 0;
    fixture.issuer.word = { status: 200, value: { outcome: 'approved' } };
  });

  const wallet = () => fixture.participant('wallet-one');
  const create = (draft = createDraft()) => {
    const message = createRequest(fixture, draft);
    return { message, answer: fixture.service.create(message, wallet(), draft) };
  };
  const countRows = async () => {
    const { rows } = await fixture.database.query<{ count: string }>(
      'select (select count(*) from tokens) + (select count(*) from messages) as count',
    );
    return rows[0]?.count;
  };

  it('asks the issuer first, then answers with the token and what a device needs', async () => {
    const token = await createToken(fixture);
    assert.equal(token.state, 'active');
    assert.equal(token.issuer, 'bank-one');
    assert.equal(token.accountHint, '5702');
    assert.deepEqual(token.presentments, ['merchant', 'consumer']);
    assert.equal(token.createdAt, '2026-03-01T10:00:00.000Z');
    assert.equal(readProvision(token.payerCode).handles.length, 4);
    assert.match(token.requestorId, /^00010\d{6}$/);
    const { tokenId, requestorId, accountMarking } = token;
    const message = { tokenId, wallet: 'wallet-one', requestorId, account, accountMarking };
    assert.deepEqual(fixture.issuer.asked, [{ participant: 'bank-one', path: '/token-approvals', message }]);
  });

  it('records who created it', async () => {
    const { tokenId } = await createToken(fixture);
    const token = await fixture.service.get(wallet(), tokenId);
    const [entry] = await fixture.store.listEvents(fixture.database, token.id);
    const { created, ...rest } = entry ?? {};
    const at = fixture.clock.now();
    assert.deepEqual(rest, { event: 'create', actor: 'wallet', participant: 'wallet-one', at });
    assert.deepEqual([created?.tokenId, created?.state], [tokenId, 'active']);
  });

  it('marks all tokens of one account the same, and gives each its own id, key and handles', async () => {
    const one = await createToken(fixture);
    const two = await createToken(fixture, {}, 'wallet-two');
    const other = await createToken(fixture, { account: '6222021001116245703' });
    assert.equal(one.accountMarking, two.accountMarking);
    assert.notEqual(one.accountMarking, other.accountMarking);
    assert.notEqual(one.tokenId, two.tokenId);
    assert.notEqual(one.payerCode.deviceKey, two.payerCode.deviceKey);
    assert.equal(new Set([...one.payerCode.handles, ...two.payerCode.handles]).size, 8);
  });

  it('gives no handles to a token that makes no payer codes', async () => {
    const token = await createToken(fixture, { controls: { presentments: ['merchant'] } });
    assert.deepEqual(token.payerCode.handles, []);
  });

  it('answers a repeated request the same, whatever happened since, without asking again', async () => {
    const { message, answer } = create();
    const first = await answer;
    const { tokenId } = JSON.parse(first.body) as TokenCreated;
    await fixture.database.query({
      text: `update tokens set suspended_by = '{issuer}', deleted_at = now() where token_id = $1`,
      values: [tokenId],
    });
    assert.deepEqual(await fixture.service.create(again(message), wallet(), createDraft()), first);
    assert.equal(fixture.issuer.asked.length, 1);
  });

  it('makes one token of ten requests that come at once, all with the same answer', async () => {
    const draft = createDraft();
    const message = createRequest(fixture, draft);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => fixture.service.create(again(message), wallet(), draft)),
    );
    assert.equal(new Set(answers.map((answer) => answer.body)).size, 1);
    assert.equal(new Set(fixture.issuer.asked.map((asked) => JSON.stringify(asked))).size, 1);
  });

  it('refuses the key for another request, and the same message twice', async () => {
    const { message, answer } = create();
    await answer;
    const other = { ...again(message), fingerprint: Buffer.alloc(32, 1) };
    await assert.rejects(fixture.service.create(other, wallet(), createDraft()), {
      code: 'IDEMPOTENCY_KEY_CONFLICT',
    });
    await assert.rejects(fixture.service.create(message, wallet(), createDraft()), {
      code: 'SIGNATURE_REPLAYED',
    });
  });

  for (const issuer of ['bank-none', 'bank-shut', 'shop-one'] as ParticipantId[]) {
    it(`refuses ${issuer} as issuer, unasked`, async () => {
      await assert.rejects(create(createDraft({ issuer })).answer, {
        code: 'TOKEN_ISSUER_UNKNOWN',
        path: '/issuer',
      });
      assert.equal(fixture.issuer.asked.length, 0);
    });
  }

  it('refuses an expiry in the past', async () => {
    const draft = createDraft({ expiresAt: new Date('2026-02-28T00:00:00Z') });
    await assert.rejects(create(draft).answer, { code: 'TOKEN_EXPIRY_INVALID', path: '/expiresAt' });
  });

  it('writes nothing when the issuer declines', async () => {
    const before = await countRows();
    fixture.issuer.word = { status: 200, value: { outcome: 'declined', reason: 'ACCOUNT_CLOSED' } };
    await assert.rejects(create().answer, { code: 'TOKEN_ISSUER_DECLINED', reason: 'ACCOUNT_CLOSED' });
    assert.equal(await countRows(), before);
  });

  const noWords: readonly (readonly [string, TokenFixture['issuer']['word']])[] = [
    ['is silent', 'silence'],
    ['answers with a problem', { status: 500, value: { code: 'SOMETHING' } }],
    ['answers nonsense', { status: 200, value: { outcome: 'perhaps' } }],
    ['answers no object', { status: 200, value: null }],
  ];
  for (const [what, word] of noWords) {
    it(`writes nothing when the issuer ${what}; a retry asks the same question and can succeed`, async () => {
      const before = await countRows();
      fixture.issuer.word = word;
      const { message, answer } = create();
      await assert.rejects(answer, { code: 'TOKEN_ISSUER_UNAVAILABLE' });
      assert.equal(await countRows(), before);
      fixture.issuer.word = { status: 200, value: { outcome: 'approved' } };
      assert.equal((await fixture.service.create(again(message), wallet(), createDraft())).status, 201);
      assert.deepEqual(fixture.issuer.asked[0], fixture.issuer.asked[1]);
    });
  }
});

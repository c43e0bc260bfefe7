import assert from 'node:assert/strict';
import { parseMessage } from '../../src/http/parse-message.ts';
import { createTokenEndpoints } from '../../src/tokens/index.ts';
import { account, createMessage, createTokenFixture, type TokenFixture } from './token-fixture.ts';

describe('the endpoints of tokens (spec/messages.md 4)', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  const find = (name: string) => {
    const endpoints = createTokenEndpoints({ ...fixture, now: fixture.clock.now });
    const found = endpoints.find(({ method, path }) => `${method} ${path}` === name);
    assert.ok(found, name);
    return found;
  };

  /** Runs an endpoint as the edge does, from body to answer, and holds the answer to its schema. */
  async function call(
    name: string,
    from: string,
    request: { readonly tokenId?: string; readonly body?: unknown },
  ) {
    const { run, request: schema, answer, path, method } = find(name);
    const message = createMessage(from, {
      method,
      target: path,
      body: request.body,
      at: fixture.clock.now(),
    });
    const parameters: Record<string, string> =
      request.tokenId === undefined ? {} : { tokenId: request.tokenId };
    const sender = fixture.participant(from);
    assert.ok(run.kind !== 'open');
    const body = parseMessage(message.body, schema);
    const given = await run.handle({ sender, message, parameters, body });
    assert.equal(given.status, answer.status);
    return answer.schema.parse(JSON.parse(given.body)) as Record<string, unknown>;
  }

  it('create, show, suspend, resume and delete', async () => {
    const paymentLimit = { currency: 'CNY', minor: '100000' };
    const asked = { issuer: 'bank-one', account, presentments: ['consumer', 'merchant'], paymentLimit };
    const created = await call('post /v1/tokens', 'wallet-one', { body: asked });
    const tokenId = String(created.tokenId);
    assert.deepEqual(created.paymentLimit, paymentLimit);
    assert.deepEqual(created.presentments, ['merchant', 'consumer']);
    const state = async (name: string, from: string, body?: unknown) =>
      (await call(name, from, { tokenId, body })).state;
    assert.equal(await state('get /v1/tokens/{tokenId}', 'bank-one'), 'active');
    assert.equal(await state('post /v1/tokens/{tokenId}/suspend', 'wallet-one', {}), 'suspended');
    assert.equal(await state('post /v1/tokens/{tokenId}/resume', 'wallet-one', {}), 'active');
    assert.equal(await state('delete /v1/tokens/{tokenId}', 'bank-one'), 'deleted');
  });

  it('take both presentments and three years when nothing is asked', async () => {
    const created = await call('post /v1/tokens', 'wallet-one', { body: { issuer: 'bank-one', account } });
    assert.deepEqual(created.presentments, ['merchant', 'consumer']);
    assert.equal(created.expiresAt, '2029-02-28T10:00:00.000Z');
  });

  const refused: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['no issuer', { issuer: undefined }, 'MESSAGE_MEMBER_MISSING', '/issuer'],
    ['an account of three characters', { account: '123' }, 'MESSAGE_MEMBER_INVALID', '/account'],
    ['an account of 35 characters', { account: '1'.repeat(35) }, 'MESSAGE_MEMBER_INVALID', '/account'],
    ['an account with a space', { account: '6222 0210' }, 'MESSAGE_MEMBER_INVALID', '/account'],
    ['an account with a line end', { account: '62220210\n' }, 'MESSAGE_MEMBER_INVALID', '/account'],
    ['no presentment', { presentments: [] }, 'MESSAGE_MEMBER_INVALID', '/presentments'],
    ['an unknown presentment', { presentments: ['online'] }, 'MESSAGE_MEMBER_INVALID', '/presentments/0'],
    [
      'a limit of zero',
      { paymentLimit: { currency: 'CNY', minor: '0' } },
      'MONEY_AMOUNT_ZERO',
      '/paymentLimit/minor',
    ],
    ['an expiry without zone', { expiresAt: '2027-01-01T00:00:00' }, 'MESSAGE_MEMBER_INVALID', '/expiresAt'],
    ['an unknown member', { pan: account }, 'MESSAGE_MEMBER_UNKNOWN', '/pan'],
  ];
  for (const [what, change, code, path] of refused) {
    it(`refuse ${what} without repeating the account`, async () => {
      const body = { issuer: 'bank-one', account, ...change };
      const error: unknown = await call('post /v1/tokens', 'wallet-one', { body }).catch(
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof Error);
      assert.deepEqual(
        { code: Reflect.get(error, 'code'), path: Reflect.get(error, 'path') },
        { code, path },
      );
      assert.ok(!error.message.includes(String(body.account)));
    });
  }
});

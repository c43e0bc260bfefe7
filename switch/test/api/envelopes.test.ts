import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIssuer, type Issuer } from '@barlink/sdk';
import { generateSigningKey } from '@barlink/signing';
import { makeCode, startNetwork, type TestNetwork, yuan } from '../support/network.ts';

const together = 24;

describe('an issuer that takes several messages in one request (spec/messages.md 6)', () => {
  let network: TestNetwork;
  let issuer: Issuer;
  let server: Server;
  let paths: string[];
  /** Accounts that answer when they are released. */
  const silent = new Map<string, Promise<void>>();

  before(async () => {
    network = await startNetwork({ settings: { issuerDeadlineMs: 2500, inquiryDeadlineMs: 200 } });
    paths = [];
    const key = await generateSigningKey('ES256');
    issuer = createIssuer({
      switchUrl: network.switch.url,
      participantId: 'bank-many',
      key,
      onTokenApproval: () => ({ outcome: 'approved' }),
      onAuthorization: async ({ account }) => {
        await silent.get(account);
        return { outcome: 'approved' };
      },
      onReversal: () => undefined,
    });
    server = createServer((request, response) => {
      paths.push(request.url ?? '');
      issuer.handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { status, text } = await network.switch.operator.send('POST', '/admin/v1/participants', {
      participantId: 'bank-many',
      name: 'Bank of many',
      number: '000019',
      roles: ['issuer'],
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      keys: [{ jwk: key.publicJwk, use: 'messages' }],
      netDebitCaps: [yuan(100_000_000)],
    });
    assert.equal(status, 201, text);
  });
  after(async () => {
    await network.stop();
    await issuer.close();
    server.closeAllConnections();
    server.close();
  });

  async function tokenOf(account: string): Promise<string> {
    const { wallet } = network;
    const { status, text, body } = await wallet.send('POST', '/v1/tokens', { issuer: 'bank-many', account });
    assert.equal(status, 201, text);
    return body.tokenId;
  }

  async function payAll(tokenIds: readonly string[]) {
    const { payload } = await makeCode(network.acquirer);
    return Promise.all(
      tokenIds.map((tokenId) =>
        network.wallet.send('POST', '/v1/payments', {
          presentment: 'merchant',
          payload,
          tokenId,
          amount: yuan(100),
        }),
      ),
    );
  }

  it('is asked about payments that come together in fewer requests, and answers each', async () => {
    const tokenId = await tokenOf('6222021001116245702');
    paths = [];
    const answers = await payAll(Array.from({ length: together }, () => tokenId));
    assert.deepEqual(
      answers.map(({ body }) => body.state),
      answers.map(() => 'captured'),
    );
    assert.ok(paths.includes('/messages'), paths.join());
    assert.ok(paths.length < together, `${paths.length} requests for ${together} payments`);
    const paymentId = answers[0]?.body.paymentId;
    const trace = await network.switch.operator.send('GET', `/admin/v1/payments/${paymentId}`);
    const evidence = trace.body.events[0].evidence;
    assert.equal(JSON.parse(evidence.body).paymentId, paymentId, 'its own word, and no other payment’s');
  });

  it('keeps no payment waiting for one account that is silent', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 8 }, (_, at) => tokenOf(`62220210011162457${at}0`)),
    );
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    silent.set('6222021001116245730', released);
    const startedAt = performance.now();
    const tooks: number[] = [];
    const { payload } = await makeCode(network.acquirer);
    const answers = await Promise.all(
      tokens.map(async (tokenId) => {
        const request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
        const answer = await network.wallet.send('POST', '/v1/payments', request);
        tooks.push(performance.now() - startedAt);
        return answer;
      }),
    );
    release();
    assert.deepEqual(
      answers.map(({ body }) => `${body.state} ${body.reason ?? ''}`.trim()),
      answers.map((_, at) => (at === 3 ? 'reversed ISSUER_TIMEOUT' : 'captured')),
    );
    const last = tooks.pop() ?? 0;
    assert.ok(last >= 2500, 'the silent one took its deadline');
    assert.ok(Math.max(...tooks) < last, 'the others did not');
  });
});

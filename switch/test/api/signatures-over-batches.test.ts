import assert from 'node:assert/strict';
import { batchSigningKey, importVerificationKey, verifyAnswer, verifyDetached } from '@barlink/signing';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { Received } from '../support/sender.ts';

const together = 24;

describe('messages signed together (spec/signing.md 7)', () => {
  let network: TestNetwork;
  let answers: readonly Received[];

  before(async () => {
    network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const { payload } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    const key = batchSigningKey(wallet.key, { issuer: wallet.id });
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
    answers = await Promise.all(
      Array.from({ length: together }, () => wallet.send('POST', '/v1/payments', request, { key })),
    );
  });
  after(() => network.stop());

  it('pay, each with its own effect and its own signed answer', async () => {
    assert.deepEqual(
      answers.map(({ status, isSigned }) => ({ status, isSigned })),
      answers.map(() => ({ status: 201, isSigned: true })),
    );
    assert.equal(new Set(answers.map(({ body }) => body.paymentId)).size, together);
    const positions = await network.switch.operator.send('GET', '/admin/v1/positions');
    const bank = positions.body.positions.find(({ participant }: { participant: string }) => {
      return participant === network.bank.id;
    });
    assert.equal(bank.net, String(-100 * together));
  });

  it('are answered, and sent on to the issuer, in batches too', () => {
    const inBatches = answers.filter(({ headers }) => headers.get('barlink-signature')?.includes('~'));
    assert.ok(inBatches.length > together / 2, `${inBatches.length} of ${together}`);
    const asked = network.bank.received.filter(({ path }) => path === '/authorizations');
    assert.ok(asked.some(({ signature }) => signature.includes('~')));
  });

  it('are kept so that each is verified alone, offline, long after', async () => {
    const paymentId = answers.at(-1)?.body.paymentId;
    const trace = await network.switch.operator.send('GET', `/admin/v1/payments/${paymentId}`);
    const [message] = trace.body.messages;
    assert.match(message.signature, /~/);
    const publicKey = await importVerificationKey(network.wallet.key.publicJwk);
    const verified = await verifyDetached(Buffer.from(message.body), message.signature, {
      keyFor: () => publicKey,
      audience: 'barlink-switch',
      method: message.method,
      target: message.target,
      now: new Date(message.receivedAt),
    });
    assert.equal(verified.issuer, network.wallet.id);
    const other = message.body.replace('"100"', '"101"');
    await assert.rejects(
      verifyDetached(Buffer.from(other), message.signature, {
        keyFor: () => publicKey,
        audience: 'barlink-switch',
        method: message.method,
        target: message.target,
        now: new Date(message.receivedAt),
      }),
      { code: 'SIGNATURE_INVALID' },
    );
  });

  it('are each used once: a message of a batch that comes again is a replay', async () => {
    const { wallet } = network;
    const key = batchSigningKey(wallet.key, { issuer: wallet.id });
    const jti = answers[0]?.jti ?? '';
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(wallet, network.bank);
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
    const again = await Promise.all([
      wallet.send('POST', '/v1/payments', request, { key, jti }),
      wallet.send('POST', '/v1/payments', request, { key }),
    ]);
    assert.deepEqual(
      again.map(({ status, body }) => body.code ?? status),
      ['SIGNATURE_REPLAYED', 201],
    );
  });

  it('bind an answer of a batch to its own request', async () => {
    const [first, second] = answers;
    assert.ok(first !== undefined && second !== undefined);
    const { keys } = (await (await fetch(`${network.switch.url}/v1/keys`)).json()) as { keys: object[] };
    const switchKey = await importVerificationKey(keys[0]);
    const options = {
      keyFor: () => switchKey,
      issuer: 'barlink-switch',
      audience: network.wallet.id,
      requestId: second.jti,
      status: 201,
      now: new Date(),
    };
    const signature = first.headers.get('barlink-signature') ?? undefined;
    await assert.rejects(verifyAnswer(Buffer.from(first.text), signature, options), {
      code: 'SIGNATURE_REQUEST_MISMATCH',
    });
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeEnvelopeLine, envelopeType } from '@barlink/protocol';
import { createWallet } from '@barlink/sdk';
import { signDetached, verifyAnswer } from '@barlink/signing';
import { switchKeyFor } from '../support/check-answer.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { ParticipantDouble } from '../support/participant-double.ts';
import { writesNothing } from '../support/refusals.ts';
import { newUuid7 } from '../support/sender.ts';

/** A message for an envelope, and what its answer is bound to. */
interface Prepared {
  readonly line: { readonly target: string; readonly signature: string; readonly body: string };
  readonly jti: string;
  readonly sender: string;
}

interface Line {
  readonly at: number;
  readonly status: number;
  readonly signature?: string;
  readonly body: string;
}

const path = '/v1/payments';

describe('several messages for the switch in one request (spec/messages.md 6)', () => {
  let network: TestNetwork;
  let payment: Readonly<Record<string, unknown>>;

  before(async () => {
    network = await startNetwork();
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    payment = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
  });
  after(() => network.stop());

  async function prepare(
    change: {
      readonly sender?: ParticipantDouble;
      readonly target?: string;
      readonly body?: string;
      readonly idempotencyKey?: string;
    } = {},
  ): Promise<Prepared> {
    const { sender = network.wallet, target = path, body = JSON.stringify(payment) } = change;
    const jti = newUuid7();
    const signature = await signDetached(Buffer.from(body), {
      key: sender.key,
      issuer: sender.id,
      audience: 'barlink-switch',
      method: 'POST',
      target,
      jti,
      idempotencyKey: change.idempotencyKey ?? newUuid7(),
    });
    return { line: { target, signature, body }, jti, sender: sender.id };
  }

  const post = (body: string, type = envelopeType) =>
    fetch(`${network.switch.url}/v1/messages`, { method: 'POST', headers: { 'content-type': type }, body });

  const encode = (messages: readonly Prepared[]) =>
    messages.map(({ line }) => encodeEnvelopeLine(line)).join('');

  /** Sends an envelope; every signature of its answers is true. Answers `status code-or-state` by place. */
  async function sendTogether(messages: readonly Prepared[]): Promise<string[]> {
    const answer = await post(encode(messages));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), envelopeType);
    assert.equal(answer.headers.get('barlink-messages-at-once'), '64');
    const lines = (await answer.text()).trimEnd().split('\n');
    const told: string[] = [];
    for (const { at, status, signature, body } of lines.map((line) => JSON.parse(line) as Line)) {
      const value = JSON.parse(body);
      assert.equal(told[at], undefined, 'one answer each');
      told[at] =
        `${status} ${status >= 400 ? value.code : (value.state ?? 'resolved')}${signature === undefined ? ' unsigned' : ''}`;
      if (signature !== undefined) {
        await verifyAnswer(Buffer.from(body), signature, {
          keyFor: switchKeyFor(network.switch.url),
          issuer: 'barlink-switch',
          audience: messages[at]?.sender ?? '',
          requestId: messages[at]?.jti ?? '',
          status,
          now: new Date(),
        });
      }
    }
    assert.equal(lines.length, messages.length);
    return told;
  }

  it('are judged each as if it had come alone, and one that is wrong touches no other', async () => {
    const right = await prepare();
    const changed = await prepare();
    const unsigned = await prepare();
    const reverse = await prepare({
      sender: network.acquirer,
      target: `${path}/${newUuid7()}/reverse`,
      body: JSON.stringify({ reason: 'MERCHANT_REQUESTED' }),
    });
    const nested = await prepare({ target: '/v1/messages', body: encode([await prepare()]) });
    assert.deepEqual(
      await sendTogether([
        right,
        { ...changed, line: { ...changed.line, body: changed.line.body.replace('"100"', '"999"') } },
        { ...unsigned, line: { ...unsigned.line, signature: '' } },
        { ...changed, line: { ...changed.line, target: '/v1/tokens' } },
        await prepare({ body: '{' }),
        await prepare({ body: JSON.stringify({ ...payment, more: 1 }) }),
        await prepare({ body: JSON.stringify({ ...payment, payload: 'x'.repeat(65_536) }) }),
        await prepare({ sender: network.otherBank }),
        reverse,
        nested,
        await prepare({ target: '/v1/nothing' }),
        await prepare({ target: '/v1/positions' }),
        await prepare({ target: `${path}/%ff/reverse` }),
        await prepare(),
      ]),
      [
        '201 captured',
        '401 SIGNATURE_INVALID unsigned',
        '401 SIGNATURE_MISSING unsigned',
        '401 SIGNATURE_TARGET_MISMATCH unsigned',
        '400 JSON_SYNTAX_INVALID',
        '400 MESSAGE_MEMBER_UNKNOWN',
        '413 REQUEST_TOO_LARGE unsigned',
        '403 SENDER_ROLE_FORBIDDEN',
        '404 PAYMENT_ID_UNKNOWN',
        '404 REQUEST_PATH_UNKNOWN unsigned',
        '404 REQUEST_PATH_UNKNOWN unsigned',
        '405 REQUEST_METHOD_UNSUPPORTED unsigned',
        '404 REQUEST_PATH_UNKNOWN unsigned',
        '201 captured',
      ],
    );
  });

  it('have one effect an idempotency key, and none a copy', async () => {
    const idempotencyKey = newUuid7();
    const first = await prepare({ idempotencyKey });
    assert.deepEqual(await sendTogether([first]), ['201 captured']);
    const again = await sendTogether([await prepare({ idempotencyKey }), first]);
    assert.deepEqual(again, ['201 captured', '409 SIGNATURE_REPLAYED']);
    const other = { idempotencyKey, body: JSON.stringify({ ...payment, amount: yuan(200) }) };
    assert.deepEqual(await sendTogether([await prepare(other)]), ['409 IDEMPOTENCY_KEY_CONFLICT']);
  });

  it('may be of several senders, each of which is known by its own signature', async () => {
    const body = JSON.stringify({ payload: payment.payload });
    const target = '/v1/codes/resolve';
    const answers = await sendTogether([
      await prepare({ sender: network.otherWallet, target, body }),
      await prepare({ sender: network.otherWallet }),
      await prepare(),
    ]);
    assert.deepEqual(answers, ['200 resolved', '404 TOKEN_UNKNOWN', '201 captured']);
  });

  it('are refused together when they cannot be told apart; none of them is read', async () => {
    const good = encode([await prepare()]);
    const refused: readonly [code: string, status: number, body: string, type?: string][] = [
      ['ENVELOPE_MALFORMED', 400, good.trimEnd()],
      ['ENVELOPE_MALFORMED', 400, `${good}{"target":\n`],
      ['ENVELOPE_MALFORMED', 400, `${good}{"target":"/v1/payments"}\n`],
      ['ENVELOPE_MALFORMED', 400, good.repeat(65)],
      ['ENVELOPE_MALFORMED', 400, ''],
      ['REQUEST_MEDIA_TYPE_UNSUPPORTED', 415, good, 'application/json'],
      ['REQUEST_TOO_LARGE', 413, good + 'x'.repeat(1024 * 1024)],
    ];
    await writesNothing(network.switch, async () => {
      for (const [code, status, body, type] of refused) {
        const answer = await post(body, type);
        const problem = (await answer.json()) as { code: string };
        assert.deepEqual([answer.status, problem.code], [status, code]);
      }
    });
  });

  it('are what a client sends that has several under way, once the switch said that it takes them', async () => {
    const { switch: started, wallet } = network;
    const targets: string[] = [];
    started.composed.server.on('request', ({ url }: { url?: string }) => targets.push(url ?? ''));
    const { keys } = (await (await fetch(`${started.url}/v1/keys`)).json()) as { keys: object[] };
    const client = createWallet({
      switchUrl: started.url,
      participantId: wallet.id,
      key: wallet.key,
      switchKeys: keys,
    });
    const payOnce = () =>
      client.pay({
        payload: String(payment.payload),
        tokenId: String(payment.tokenId),
        amount: { currency: 'CNY', minor: 100n },
      });
    try {
      await payOnce();
      targets.length = 0;
      const paid = await Promise.all(Array.from({ length: 24 }, payOnce));
      assert.deepEqual(new Set(paid.map(({ state }) => state)), new Set(['captured']));
      assert.equal(new Set(paid.map(({ paymentId }) => paymentId)).size, 24);
      assert.ok(targets.includes('/v1/messages') && targets.length < 12, targets.join());
      targets.length = 0;
      await payOnce();
      assert.deepEqual(targets, [path], 'one alone has the plain form');
    } finally {
      await client.close();
    }
  });
});

describe('envelopes that are sent slowly (spec/messages.md 6)', () => {
  it('are refused beyond so many of one address, and keep out nothing else', async () => {
    const network = await startNetwork();
    const sockets: Socket[] = [];
    const { hostname, port } = new URL(network.switch.url);
    try {
      for (let made = 0; made < 32; made += 1) {
        const socket = connect(Number(port), hostname);
        sockets.push(socket);
        await once(socket, 'connect');
        const head = `POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: ${envelopeType}\r\n`;
        socket.write(`${head}content-length: 1000\r\n\r\n{`);
      }
      const post = () =>
        fetch(`${network.switch.url}/v1/messages`, {
          method: 'POST',
          headers: { 'content-type': envelopeType },
          body: '\n',
        });
      let refused = await post();
      while (refused.status !== 503) {
        refused = await post();
      }
      assert.equal(((await refused.json()) as { code: string }).code, 'SWITCH_OVERLOADED');
      await makeToken(network.wallet, network.bank);
    } finally {
      for (const socket of sockets) {
        socket.destroy();
      }
      await network.stop();
    }
  });
});

describe('several messages for a switch that is full (spec/messages.md 6)', () => {
  it('count each for itself: some are taken, the rest refused', async () => {
    const network = await startNetwork({ settings: { requestsMax: 8 } });
    try {
      const { payload } = await makeCode(network.acquirer);
      const { tokenId } = await makeToken(network.wallet, network.bank);
      const body = JSON.stringify({ presentment: 'merchant', payload, tokenId, amount: yuan(100) });
      const lines = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const signature = await signDetached(Buffer.from(body), {
            key: network.wallet.key,
            issuer: network.wallet.id,
            audience: 'barlink-switch',
            method: 'POST',
            target: path,
            idempotencyKey: newUuid7(),
          });
          return encodeEnvelopeLine({ target: path, signature, body });
        }),
      );
      const answer = await fetch(`${network.switch.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': envelopeType },
        body: lines.join(''),
      });
      const statuses = (await answer.text())
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as Line).status);
      const taken = statuses.filter((status) => status === 201).length;
      assert.ok(taken >= 6 && taken <= 8, `${taken} taken`);
      assert.equal(statuses.filter((status) => status === 503).length, 20 - taken);
    } finally {
      await network.stop();
    }
  });
});

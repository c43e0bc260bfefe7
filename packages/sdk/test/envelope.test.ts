import assert from 'node:assert/strict';
import { encodeEnvelopeLine, envelopeType } from '@barlink/protocol';
import {
  batchSigningKey,
  generateSigningKey,
  importVerificationKey,
  type SigningKey,
  signDetached,
  verifyAnswer,
} from '@barlink/signing';
import { createIssuer, newIdempotencyKey } from '../src/index.ts';
import { merchant } from './support/samples.ts';

const participantId = 'bank-north';
const codeOf = (problem: unknown) => (problem as { readonly code?: string }).code;

/** One line of an answer as it came, with the time it took. */
interface Line {
  readonly at: number;
  readonly status: number;
  readonly signature?: string;
  readonly body: string;
}

describe('several messages in one request (spec/messages.md 6)', () => {
  let switchKey: SigningKey;
  let key: SigningKey;
  let release: () => void;
  const open: { close(): Promise<void> }[] = [];

  before(async () => {
    [switchKey, key] = [await generateSigningKey('ES256'), await generateSigningKey('ES256')];
  });
  afterEach(async () => {
    release();
    await Promise.all(open.splice(0).map((part) => part.close()));
  });

  /** An issuer whose account `slow` answers when it is released. */
  async function startIssuer(options: { messagesAtOnce?: number } = {}) {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const issuer = createIssuer({
      ...options,
      switchUrl: 'http://127.0.0.1:1',
      switchKeys: [switchKey.publicJwk],
      participantId,
      key,
      basePath: '/barlink',
      onAuthorization: async ({ account }) => {
        if (account === 'slow') {
          await released;
        }
        return account === 'poor'
          ? { outcome: 'declined', reason: 'INSUFFICIENT_FUNDS' }
          : { outcome: 'approved' };
      },
      onReversal: () => undefined,
    });
    open.push(issuer);
    return issuer.listen({ port: 0 });
  }

  async function makeMessages(accounts: readonly string[]) {
    const together = batchSigningKey(switchKey, { issuer: 'barlink-switch' });
    return Promise.all(
      accounts.map(async (account) => {
        const jti = newIdempotencyKey(new Date());
        const body = JSON.stringify({
          paymentId: jti,
          kind: 'purchase',
          presentment: 'merchant',
          account,
          accountMarking: '0'.repeat(29),
          amount: { currency: 'CNY', minor: '1250' },
          acquirer: 'acquirer-east',
          merchant,
          deadline: '2026-03-01T08:00:04.000Z',
        });
        const target = '/barlink/authorizations';
        const signature = await signDetached(Buffer.from(body), {
          key: together,
          issuer: 'barlink-switch',
          audience: participantId,
          method: 'POST',
          target,
          jti,
        });
        return { jti, line: { target, signature, body } };
      }),
    );
  }

  const post = (url: string, body: string) =>
    fetch(`${url}/messages`, { method: 'POST', headers: { 'content-type': envelopeType }, body });

  async function readLines(answer: Response, onLine: (line: Line) => void): Promise<void> {
    let text = '';
    for await (const piece of answer.body ?? []) {
      text += Buffer.from(piece).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      lines.forEach((line) => {
        onLine(JSON.parse(line));
      });
    }
    assert.equal(text, '');
  }

  it('are answered each for itself, and none waits for a slow one', async () => {
    const { url } = await startIssuer();
    const messages = await makeMessages(['slow', 'a', 'poor', 'b']);
    const envelope = messages.map(({ line }) => encodeEnvelopeLine(line)).join('');
    const answer = await post(url, envelope);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), envelopeType);
    const lines: Line[] = [];
    await readLines(answer, (line) => {
      lines.push(line);
      if (lines.length === 3) {
        release();
      }
    });
    assert.equal(lines.at(-1)?.at, 0, 'the slow one comes last');
    const publicKey = await importVerificationKey(key.publicJwk);
    for (const { at, status, signature, body } of lines) {
      await verifyAnswer(Buffer.from(body), signature, {
        keyFor: () => publicKey,
        issuer: participantId,
        audience: 'barlink-switch',
        requestId: messages[at]?.jti ?? '',
        status,
        now: new Date(),
      });
      assert.equal(JSON.parse(body).outcome, at === 2 ? 'declined' : 'approved');
    }
  });

  it('are judged each for itself', async () => {
    const { url } = await startIssuer();
    const [first, second, third] = (await makeMessages(['a', 'b', 'c'])).map(({ line }) => line);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const envelope = [
      first,
      { ...second, body: second.body.replace('1250', '9999') },
      { ...third, target: '/barlink/reversals' },
    ];
    const lines: Line[] = [];
    await readLines(await post(url, envelope.map(encodeEnvelopeLine).join('')), (line) => lines.push(line));
    lines.sort((a, b) => a.at - b.at);
    assert.deepEqual(
      lines.map(({ status, body, signature }) => [
        status,
        JSON.parse(body).code ?? JSON.parse(body).outcome,
        signature !== undefined,
      ]),
      [
        [200, 'approved', true],
        [401, 'SIGNATURE_INVALID', false],
        [401, 'SIGNATURE_TARGET_MISMATCH', false],
      ],
    );
  });

  it('are refused together when they cannot be told apart, or are too large', async () => {
    const { url } = await startIssuer();
    const cut = await post(url, '{"target":');
    assert.deepEqual([cut.status, codeOf(await cut.json())], [400, 'ENVELOPE_MALFORMED']);
    const large = await post(url, 'x'.repeat(1024 * 1024 + 1));
    assert.deepEqual([large.status, codeOf(await large.json())], [413, 'RECEIVER_BODY_TOO_LARGE']);
  });

  it('are taken where the receiver says so, on each answer to a message that comes alone', async () => {
    const alone = async (url: string) => {
      const [message] = await makeMessages(['a']);
      return fetch(`${url}/authorizations`, {
        method: 'POST',
        headers: { 'barlink-signature': message?.line.signature ?? '' },
        body: message?.line.body ?? '',
      });
    };
    assert.equal((await alone((await startIssuer()).url)).headers.get('barlink-messages-at-once'), '64');
    const one = await startIssuer({ messagesAtOnce: 1 });
    assert.equal((await alone(one.url)).headers.has('barlink-messages-at-once'), false);
    const [message] = await makeMessages(['a']);
    assert.ok(message !== undefined);
    assert.equal((await post(one.url, encodeEnvelopeLine(message.line))).status, 401);
  });
});

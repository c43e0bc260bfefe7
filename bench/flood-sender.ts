/**
 * Floods a switch with bad signatures from an address of its own, as fast as it is answered or hung up on.
 */
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { formatUuid7 } from '@barlink/protocol';
import { generateSigningKey, type SigningKey, signDetached } from '@barlink/signing';

/** Whom to flood, and with whose name. */
export interface FloodOrder {
  readonly switchUrl: string;
  /** A registered participant and the id of its key, which anyone may read. */
  readonly victim: string;
  readonly kid: string;
  readonly connections: number;
}

/** What was sent. */
export interface FloodTally {
  readonly sent: number;
  readonly answers: Readonly<Record<string, number>>;
}

const target = '/v1/payments';
const body = Buffer.from('{"presentment":"merchant"}');

/** One of each kind, made beforehand: a flood costs its sender nothing. */
async function makeKinds({ victim, kid }: FloodOrder): Promise<readonly string[]> {
  const stranger = await generateSigningKey('ES256');
  const sign = (key: SigningKey, issuedAt: Date) =>
    signDetached(body, {
      key,
      issuer: victim,
      audience: 'barlink-switch',
      method: 'POST',
      target,
      issuedAt,
      idempotencyKey: formatUuid7(issuedAt.getTime(), randomBytes(10)),
    });
  // The name of a key is public: with it, the switch has to verify to find out.
  const posing: SigningKey = { ...stranger, kid };
  return [
    'garbage',
    await sign(stranger, new Date()),
    await sign(posing, new Date(Date.now() - 3_600_000)),
    await sign(posing, new Date()),
    await sign(posing, new Date()),
  ];
}

async function flood(order: FloodOrder, isOver: () => boolean): Promise<FloodTally> {
  const kinds = await makeKinds(order);
  const { hostname, port } = new URL(order.switchUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections, localAddress: '127.0.0.2' });
  const answers: Record<string, number> = {};
  let sent = 0;
  const send = (signature: string) =>
    new Promise<void>((resolve) => {
      const count = (what: string) => {
        answers[what] = (answers[what] ?? 0) + 1;
        resolve();
      };
      const headers = { 'content-type': 'application/json', 'barlink-signature': signature };
      const sending = request({ agent, hostname, port, method: 'POST', path: target, headers }, (answer) => {
        answer.resume().on('end', () => count(String(answer.statusCode)));
      });
      sending.on('error', () => setTimeout(() => count('cut off'), 20));
      sending.end(body);
    });
  await Promise.all(
    Array.from({ length: order.connections }, async () => {
      while (!isOver()) {
        await send(kinds[sent++ % kinds.length] ?? '');
      }
    }),
  );
  agent.destroy();
  return { sent, answers };
}

let over = true;
process.on('message', (order: FloodOrder | 'stop') => {
  if (order === 'stop') {
    over = true;
    return;
  }
  over = false;
  void flood(order, () => over).then((tally) => process.send?.(tally));
});

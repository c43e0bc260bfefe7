import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { generateSigningKey, type SigningKey, signKeyProof } from '@barlink/signing';
import { createSigningKeys } from '../../src/signing-keys.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { ParticipantDouble } from '../support/participant-double.ts';
import { outboxIsEmpty } from '../support/refusals.ts';

const hourMs = 3_600_000;
const begin = Date.now();
/** A message that was this long under way when it arrives: still in the window of 300 seconds. */
const delayMs = 240_000;

describe('rotation of keys', () => {
  let network: TestNetwork;
  let hours = 0;
  const now = () => new Date(begin + hours * hourMs);
  const at = (later: number) => new Date(begin + later * hourMs);
  /** Which key its owner signs with from when on. */
  const plans = new Map<string, { readonly from: number; readonly key: SigningKey }[]>();

  before(async () => {
    const [first, second] = [await generateSigningKey('ES256'), await generateSigningKey('EdDSA')];
    const signingKeys = createSigningKeys([
      { key: first, notBefore: undefined },
      { key: second, notBefore: at(30) },
    ]);
    network = await startNetwork({ now, keys: { signingKeys, vaultKey: randomBytes(32) } });
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  function keyAt(owner: ParticipantDouble, moment: Date): SigningKey {
    const plan = plans.get(owner.id) ?? [];
    return plan.findLast(({ from }) => at(from) <= moment)?.key ?? owner.key;
  }

  /** A participant announces its next key, moves to it somewhere in the overlap, and lets the old one end. */
  async function announce(owner: ParticipantDouble, moves: number): Promise<void> {
    const old = owner.key;
    const key = await generateSigningKey('ES256');
    const named = { participantId: owner.id, audience: 'barlink-switch', use: 'messages' } as const;
    const proof = await signKeyProof(key, named, now());
    const body = { jwk: key.publicJwk, use: 'messages', notBefore: at(10).toISOString(), proof };
    assert.equal((await owner.send('POST', '/v1/keys', body)).status, 201);
    const ending = { expiresAt: at(34).toISOString() };
    assert.equal((await owner.send('PUT', `/v1/keys/${old.kid}`, ending)).status, 200);
    plans.set(owner.id, [
      { from: 0, key: old },
      { from: moves, key },
    ]);
  }

  it('refuses no valid message, whoever’s key changes and however long the message was under way', async () => {
    const { wallet, bank, acquirer } = network;
    const members = [wallet, bank, acquirer];
    const { payload } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    // In the middle of the overlap, at its very beginning, and a moment before the old key ends.
    for (const [owner, moves] of [
      [wallet, 20],
      [bank, 10],
      [acquirer, 33.99],
    ] as const) {
      await announce(owner, moves);
    }
    let sent = 0;
    const refused: string[] = [];
    const signers = new Set<string>();
    // Fine steps around every change, coarse ones between.
    const changes = [10, 20, 30, 33.99, 34, 54];
    const steps = changes.flatMap((hour) =>
      [-2, -0.07, -0.01, 0, 0.01, 0.05, 0.07, 2].map((by) => hour + by),
    );
    for (const step of [...new Set([...steps, 60])].sort((one, other) => one - other)) {
      // A delivery under way would meet a clock that has jumped.
      await outboxIsEmpty(network.switch);
      hours = step;
      for (const member of members) {
        member.key = keyAt(member, now());
      }
      const early = new Date(now().getTime() - delayMs);
      const reads = members.flatMap((member) =>
        [now(), early].map((issuedAt) => {
          const key = keyAt(member, issuedAt);
          signers.add(key.kid);
          return member.send('GET', '/v1/positions', undefined, { issuedAt, key });
        }),
      );
      const payment = { presentment: 'merchant', payload, tokenId, amount: yuan(1) };
      const answers = await Promise.all([...reads, wallet.send('POST', '/v1/payments', payment)]);
      sent += answers.length;
      for (const { status, text, body } of answers) {
        if (status >= 400 || (body.state !== undefined && body.state !== 'captured')) {
          refused.push(`at ${step} h: ${text}`);
        }
      }
    }
    assert.deepEqual(refused, []);
    assert.ok(sent > 300 && signers.size === 6, `${sent} messages of ${signers.size} keys`);
    const { keys } = (await (await fetch(`${network.switch.url}/v1/keys`)).json()) as { keys: object[] };
    assert.equal(keys.length, 2, 'the old key of the switch is still shown');
  });

  it('refuses the old keys once they have ended', async () => {
    const { wallet } = network;
    const old = plans.get(wallet.id)?.[0]?.key as SigningKey;
    const answer = await wallet.send('GET', '/v1/positions', undefined, { key: old });
    assert.equal(answer.body.code, 'SIGNATURE_KEY_NOT_VALID');
  });
});

import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import { compareWithKept, type WriteMessage } from '../../src/audit/index.ts';

const bytes = (value: number) => new Uint8Array(32).fill(value);

function message(jti: string, fingerprint: Uint8Array): WriteMessage {
  return {
    sender: 'wallet-jade' as ParticipantId,
    kid: 'k',
    jti,
    method: 'POST',
    target: '/v1/payments',
    body: new Uint8Array(),
    signature: '',
    receivedAt: new Date(0),
    idempotencyKey: '01900000-0000-7000-8000-000000000000',
    fingerprint,
  };
}

describe('compareWithKept', () => {
  // spec/messages.md 3
  const rows: readonly [string, string, number, string][] = [
    ['a retry, signed anew', 'second', 1, 'same'],
    ['the same message', 'first', 1, 'SIGNATURE_REPLAYED'],
    ['another request under the same key', 'second', 2, 'IDEMPOTENCY_KEY_CONFLICT'],
    ['another request under the same key and jti', 'first', 2, 'SIGNATURE_REPLAYED'],
  ];
  for (const [name, jti, content, verdict] of rows) {
    it(`${name}: ${verdict}`, () => {
      const kept = { jti: 'first', fingerprint: bytes(1), subject: 's', answer: undefined };
      assert.equal(compareWithKept(message(jti, bytes(content)), kept), verdict);
    });
  }

  it('sees a difference in the last byte', () => {
    const almost = bytes(1);
    almost[31] = 2;
    const kept = { jti: 'first', fingerprint: bytes(1), subject: 's', answer: undefined };
    assert.equal(compareWithKept(message('second', almost), kept), 'IDEMPOTENCY_KEY_CONFLICT');
  });
});

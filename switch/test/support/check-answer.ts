import assert from 'node:assert/strict';
import { importJwks, type KeyFor, type VerificationKey, verifyAnswer } from '@barlink/signing';
import { findEndpointRow } from './endpoint-rows.ts';
import { problemSchema } from './problem-schema.ts';
import type { Received } from './sender.ts';

/** A request that was answered. */
export interface Answered {
  readonly url: string;
  readonly method: string;
  readonly target: string;
  readonly sender: string;
  readonly switchId: string;
  readonly answer: Omit<Received, 'isSigned'>;
  readonly answeredAt: Date;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Checks what holds for every answer of the switch, whatever a test is about: its form is the one the API
 * promises, and its signature, when it has one, is true. Answers whether it has one.
 */
export async function checkAnswer(answered: Answered): Promise<boolean> {
  const { method, target, answer } = answered;
  const row = findEndpointRow(method, target);
  if (answer.status >= 400) {
    assert.equal(answer.headers.get('content-type'), 'application/problem+json', answer.text);
    const problem = problemSchema.parse(answer.body);
    assert.equal(problem.status, answer.status);
    assert.equal(problem.type, `https://barlink.net/problems/${problem.code}`);
  } else {
    assert.ok(row, `${method} ${target} is no row of the API`);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.status, row.answer.status, `${method} ${target}`);
    row.answer.schema.parse(answer.body);
  }
  return checkSignature(answered);
}

async function checkSignature(answered: Answered): Promise<boolean> {
  const { url, sender, switchId, answer, answeredAt, fetch } = answered;
  const signature = answer.headers.get('barlink-signature');
  if (signature === null) {
    return false;
  }
  await verifyAnswer(Buffer.from(answer.text), signature, {
    keyFor: switchKeyFor(url, fetch),
    issuer: switchId,
    audience: sender,
    requestId: answer.jti,
    status: answer.status,
    now: answeredAt,
  });
  return true;
}

const switchKeys = new Map<string, Promise<Map<string, VerificationKey>>>();

/** The keys of the switch at an address; one that is not known is looked for once (spec/signing.md 2.5). */
export function switchKeyFor(url: string, carrier: typeof globalThis.fetch = fetch): KeyFor {
  return async (kid) => {
    const known = switchKeys.get(url) ?? readSwitchKeys(url, carrier);
    return (await known).get(kid) ?? (await readSwitchKeys(url, carrier)).get(kid);
  };
}

function readSwitchKeys(
  url: string,
  carrier: typeof globalThis.fetch,
): Promise<Map<string, VerificationKey>> {
  const reading = carrier(`${url}/v1/keys`, {}).then(async (answer) => importJwks(await answer.json()));
  switchKeys.set(url, reading);
  return reading;
}

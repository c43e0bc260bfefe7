import assert from 'node:assert/strict';
import { importVerificationKey, type VerificationKey, verifyAnswer } from '@barlink/signing';
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

async function checkSignature({ url, sender, switchId, answer }: Answered): Promise<boolean> {
  const signature = answer.headers.get('barlink-signature');
  if (signature === null) {
    return false;
  }
  const key = await getSwitchKey(url);
  await verifyAnswer(Buffer.from(answer.text), signature, {
    keyFor: () => key,
    issuer: switchId,
    audience: sender,
    requestId: answer.jti,
    status: answer.status,
    now: new Date(),
  });
  return true;
}

const switchKeys = new Map<string, Promise<VerificationKey>>();

function getSwitchKey(url: string): Promise<VerificationKey> {
  const known = switchKeys.get(url) ?? fetchSwitchKey(url);
  switchKeys.set(url, known);
  return known;
}

async function fetchSwitchKey(url: string): Promise<VerificationKey> {
  const { keys } = (await (await fetch(`${url}/v1/keys`)).json()) as { keys: object[] };
  return importVerificationKey(keys[0]);
}

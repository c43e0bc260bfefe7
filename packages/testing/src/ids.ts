import { createHash } from 'node:crypto';
import { formatUuid7 } from '@barlink/protocol';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/**
 * Makes ids that are the same in every run: UUIDv7 texts, each a millisecond later than the one before, the
 * first at the start of 2026. Two seeds give ids that never meet.
 *
 * @example
 * const newId = createIds('refunds');
 * newId() === newId(); // false
 */
export function createIds(seed: string | number): () => string {
  let count = 0;
  return () => {
    const random = createHash('sha256').update(`${seed}:${count}`).digest().subarray(0, 10);
    count += 1;
    return formatUuid7(START_MS + count, random);
  };
}

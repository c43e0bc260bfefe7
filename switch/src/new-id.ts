import { randomFillSync } from 'node:crypto';
import { formatUuid7 } from '@barlink/protocol';

const idBytes = 10;
const pool = Buffer.alloc(idBytes * 512);
let at = pool.length;

/**
 * A new UUIDv7 of this instant. Randomness is drawn for 512 ids at once: one draw costs as much as ten ids.
 */
export function newId(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += idBytes;
  return formatUuid7(Date.now(), pool.subarray(at - idBytes, at));
}

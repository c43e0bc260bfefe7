import type { Queryable } from '../database/index.ts';
import type { HandleBatch, PayerCodeStore } from './payer-code-store.ts';

/** Handles of one device: its codes take them in turn, so that two codes do not show the same one. */
export const handlesPerToken = 4;

/** Handles begin with 0 to 8; 9 marks codes the switch makes. */
const handlesEnd = 90_000_000;
/** Rounds of looking for free handles; with half of all taken, sixteen in a row fail once in 16,000. */
const handleRoundsMax = 16;

/** Draws handles for a device, which belong to nobody else. */
export async function takeHandles(
  connection: Queryable,
  owner: HandleBatch,
  options: {
    readonly codes: PayerCodeStore;
    readonly networkNumber: string;
    readonly randomInt: (end: number) => number;
  },
): Promise<void> {
  const { codes, networkNumber, randomInt } = options;
  let missing = handlesPerToken;
  for (let round = 0; round < handleRoundsMax && missing > 0; round += 1) {
    const keys = Array.from({ length: missing }, () => ({
      networkNumber,
      handle: String(randomInt(handlesEnd)).padStart(8, '0'),
    }));
    missing -= (await codes.insertHandles(connection, owner, keys)).length;
  }
  if (missing > 0) {
    throw new Error(`network number ${networkNumber} has too few free handles`);
  }
}

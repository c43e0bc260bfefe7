import {
  type CreatePayerCodeOptions,
  createPayerCode,
  type PayerCode,
  payerCodeSlots,
  stepOf,
} from './payer-code.ts';
import { TokenError } from './token-error.ts';

/** What a device remembers between two codes; kept across restarts of the app. */
export interface PayerCodeMemory {
  /** The counter of the next code. */
  readonly counter: number;
  /** The step of the last code, and the counter of the first code of that step. */
  readonly step: number;
  readonly firstOfStep: number;
}

/** Before the first code of a device. */
export const freshPayerCodeMemory: PayerCodeMemory = { counter: 0, step: -1, firstOfStep: 0 };

/**
 * The next code of a device that never shows one twice: 16 codes for each handle in one step, and no more.
 * Store `memory` before the code is shown.
 *
 * @throws {TokenError} `PAYER_CODE_STEP_EXHAUSTED` until the next step begins, and as {@link createPayerCode}
 */
export function nextPayerCode(
  options: Omit<CreatePayerCodeOptions, 'counter'> & { readonly memory: PayerCodeMemory },
): { readonly code: PayerCode; readonly memory: PayerCodeMemory } {
  const { memory, ...device } = options;
  const step = stepOf(options.now);
  const { counter } = memory;
  const firstOfStep = step === memory.step ? memory.firstOfStep : counter;
  if (counter - firstOfStep >= device.handles.length * payerCodeSlots) {
    throw new TokenError('PAYER_CODE_STEP_EXHAUSTED', 'All codes of this step of 30 seconds were made.');
  }
  const code = createPayerCode({ ...device, counter });
  return { code, memory: { counter: counter + 1, step, firstOfStep } };
}

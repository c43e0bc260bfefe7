import { luhnDigit } from './luhn.ts';
import {
  type HmacSha256,
  oneTimeValue,
  periodSteps,
  placeOfValue,
  portableHmacSha256,
  slots,
} from './one-time-value.ts';
import { assertDevice, assertDeviceKey, type PayerDevice } from './payer-device.ts';
import { TokenError } from './token-error.ts';

/** The first two digits of every payer code. */
export const payerCodePrefix = '39';
/** How long one step lasts, in seconds. */
export const payerCodeStepSeconds = 30;
/** How many codes one handle can make in one step. */
export const payerCodeSlots = slots;

const stepMs = payerCodeStepSeconds * 1000;

/** A code to show, as a Code 128 bar code and a QR symbol. */
export interface PayerCode {
  /** 24 digits; a secret until it is used. */
  readonly text: string;
  /** When to show a new one: the end of the step. The code itself is accepted up to one step longer. */
  readonly refreshAt: Date;
}

/** What {@link createPayerCode} needs. */
export interface CreatePayerCodeOptions extends PayerDevice {
  readonly now: Date;
  /**
   * Counts the codes this device has made; one more each time, kept across restarts of the app. It chooses
   * the handle in turn, and makes two codes of one step differ.
   */
  readonly counter: number;
  readonly hmacSha256?: HmacSha256;
}

/** The parts of a code's text. They route it; only {@link verifyOneTimeValue} proves it. */
export interface ReadPayerCode {
  readonly networkNumber: string;
  readonly handle: string;
  readonly oneTimeValue: string;
  /** Last digit of the step the code was made in. */
  readonly stepHint: number;
}

/** What {@link verifyOneTimeValue} needs. */
export interface VerifyOneTimeValueOptions {
  /** The key of the device the handle resolved to. */
  readonly deviceKey: Uint8Array;
  readonly code: ReadPayerCode;
  readonly now: Date;
  readonly hmacSha256?: HmacSha256;
}

/**
 * A genuine code. Spend it by inserting (networkNumber, handle, step, slot) as a unique row, with the
 * payment.
 */
export interface VerifiedPayerCode {
  readonly networkNumber: string;
  readonly handle: string;
  /** Whole 30-second steps since 1970. */
  readonly step: number;
  /** 0 to 15: which of the codes the handle could make in that step. */
  readonly slot: number;
  /** From here on the code is refused as stale, and the row may be forgotten. */
  readonly expiresAt: Date;
}

/**
 * Makes a payer code without a network.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`, `PAYER_CODE_COUNTER_INVALID`
 * @example
 * const { text, refreshAt } = createPayerCode({ ...readProvision(provision), now: new Date(), counter });
 */
export function createPayerCode(options: CreatePayerCodeOptions): PayerCode {
  assertDevice(options);
  const { deviceKey, networkNumber, handles, now, counter, hmacSha256 = portableHmacSha256 } = options;
  if (!Number.isSafeInteger(counter) || counter < 0) {
    throw new TokenError('PAYER_CODE_COUNTER_INVALID', 'The counter is not a whole number from 0 on.');
  }
  const step = stepOf(now);
  const handle = handles[counter % handles.length] ?? '';
  const slot = Math.floor(counter / handles.length) % payerCodeSlots;
  const value = oneTimeValue(deviceKey, { networkNumber, handle, step, slot }, hmacSha256);
  const text = completePayerCode(`${networkNumber}${handle}${value}${step % 10}`);
  return { text, refreshAt: new Date((step + 1) * stepMs) };
}

/** Prefix, 21 digits (network number, handle, value, hint) and the check digit: the text of a payer code. */
export function completePayerCode(digits: string): string {
  return payerCodePrefix + digits + luhnDigit(payerCodePrefix + digits);
}

/**
 * Takes a code's text apart.
 *
 * @throws {TokenError} `PAYER_CODE_MALFORMED`, `PAYER_CODE_PREFIX_UNKNOWN`,
 * `PAYER_CODE_CHECK_DIGIT_MISMATCH`, in
 *   this order
 */
export function readPayerCode(text: string): ReadPayerCode {
  if (!/^[0-9]{24}$/.test(text)) {
    throw new TokenError('PAYER_CODE_MALFORMED', 'A payer code is 24 digits.');
  }
  if (!text.startsWith(payerCodePrefix)) {
    throw new TokenError('PAYER_CODE_PREFIX_UNKNOWN', `A payer code begins with ${payerCodePrefix}.`);
  }
  if (luhnDigit(text.slice(0, 23)) !== text[23]) {
    throw new TokenError('PAYER_CODE_CHECK_DIGIT_MISMATCH', 'A digit was misread.');
  }
  return {
    networkNumber: text.slice(2, 6),
    handle: text.slice(6, 14),
    oneTimeValue: text.slice(14, 22),
    stepHint: Number(text[22]),
  };
}

/**
 * Proves that the device made the code, in the step it hints at, and that the step is the present one or a
 * neighbour. The work is the same whether it succeeds or not. It does not know what was spent before.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`, `PAYER_CODE_EXPIRED`, `PAYER_CODE_INVALID`, in this order
 */
export function verifyOneTimeValue(options: VerifyOneTimeValueOptions): VerifiedPayerCode {
  const { deviceKey, code, now, hmacSha256 = portableHmacSha256 } = options;
  assertDeviceKey(deviceKey);
  const { networkNumber, handle } = code;
  const step = findStep(code.stepHint, stepOf(now));
  const place = placeOfValue(deviceKey, { networkNumber, handle, value: code.oneTimeValue }, hmacSha256);
  if (place.step !== step % periodSteps) {
    throw new TokenError('PAYER_CODE_INVALID', 'The code was not made by this payer\u2019s device.');
  }
  return { networkNumber, handle, step, slot: place.slot, expiresAt: new Date((step + 2) * stepMs) };
}

/** The 30-second step of an instant. @throws {RangeError} before 1970 */
export function stepOf(now: Date): number {
  const step = Math.floor(now.getTime() / stepMs);
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError('now is not an instant after 1970');
  }
  return step;
}

/** The one of three neighbouring steps that ends in the hint. */
function findStep(hint: number, present: number): number {
  const step = [present, present - 1, present + 1].find((candidate) => candidate % 10 === hint);
  if (step === undefined) {
    throw new TokenError('PAYER_CODE_EXPIRED', 'The code is older or newer than one step of 30 seconds.');
  }
  return step;
}

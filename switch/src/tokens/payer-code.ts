/** A payer code taken apart (spec/tokens.md, payer codes). */
export interface ReadPayerCode {
  readonly networkNumber: string;
  readonly handle: string;
  readonly oneTimeValue: string;
  /** Last digit of the step the code was made in. */
  readonly stepHint: number;
}

/** Reads payer codes and checks their one-time values. */
export interface PayerCodeReader {
  /** @throws {ProtocolError} what is wrong with the text (`PAYER_CODE_...`) */
  read(payload: string): ReadPayerCode;
  /** Finds the time step whose one-time value this is, or tells why it is none. */
  verify(
    code: ReadPayerCode,
    deviceKey: Uint8Array,
    now: Date,
  ): Promise<{ readonly step: bigint } | 'PAYER_CODE_INVALID' | 'PAYER_CODE_EXPIRED'>;
}

/** Wrong one-time values after which a token takes no payer code, and for how long after the last of them. */
export const failuresMax = 5;
export const lockedForMs = 15 * 60 * 1000;

/** True while a token takes no payer code because too many wrong ones were shown. */
export function isLocked(
  standing: { readonly failures: number; readonly lastFailedAt: Date | undefined },
  now: Date,
): boolean {
  const { failures, lastFailedAt } = standing;
  return (
    failures >= failuresMax &&
    lastFailedAt !== undefined &&
    now.getTime() - lastFailedAt.getTime() < lockedForMs
  );
}

import { toHex } from './binary/hex.ts';
import { writeUtf8 } from './binary/utf8.ts';
import type { AnyCode } from './code.ts';
import { CodeError } from './error.ts';
import { PAYER_PREFIX } from './schemes/barlink-payer.ts';
import { encodeCpm } from './schemes/emv-cpm.ts';
import { assertLuhn, luhnDigit } from './text/check-digits.ts';

/** Our application identifier in EMVCo consumer-presented codes: `F0` for proprietary, then `BARLINK`. */
export const BARLINK_ADF_NAME = 'F04241524C494E4B';

/** Expiry `4912` and service code `000` say nothing: a payer code has a time of its own. */
const FILLING = 'D4912000';
const TRACK_2 = /^(39\d{12})(\d)D4912000(\d{9})$/;

/**
 * A payer code of 24 digits as an EMVCo consumer-presented code: prefix, network number and handle stand
 * where a card has its number, the one-time value and the step hint in the discretionary data of track 2.
 * spec/codes.md 4.
 *
 * @throws CodeError QR_OBJECT_FORMAT, QR_CHECKSUM_MISMATCH
 */
export function encodePayerCpm(digits: string): string {
  if (!new RegExp(`^${PAYER_PREFIX}\\d{22}$`).test(digits)) {
    throw new CodeError('QR_OBJECT_FORMAT', 'a payer code is 24 digits that start with 39', {
      path: 'digits',
    });
  }
  assertLuhn(digits);
  const number = digits.slice(0, 14);
  const track2 = `${number}${luhnDigit(number)}${FILLING}${digits.slice(14, 23)}`;
  const label = { id: '50', value: toHex(writeUtf8('Barlink')) };
  const application = [{ id: '4F', value: BARLINK_ADF_NAME }, label, { id: '57', value: track2 }];
  const indicator = { id: '85', value: toHex(writeUtf8('CPV01')) };
  return encodeCpm({ scheme: 'emv-cpm', tree: [indicator, { id: '61', objects: application }] });
}

/**
 * The 24 digits in an EMVCo consumer-presented code with our application identifier; undefined when it is
 * somebody else's.
 *
 * @throws CodeError QR_OBJECT_FORMAT when it is ours and does not hold a payer code
 */
export function findPayerDigits(code: AnyCode): string | undefined {
  if (code.scheme !== 'emv-cpm') return undefined;
  const { applications } = code.data as { applications: readonly { adfName?: string; track2?: string }[] };
  const ours = applications.find(({ adfName }) => adfName === BARLINK_ADF_NAME);
  if (ours === undefined) return undefined;
  const [, number = '', check, rest = ''] = TRACK_2.exec(ours.track2 ?? '') ?? [];
  if (luhnDigit(number) !== check) {
    throw new CodeError('QR_OBJECT_FORMAT', 'track 2 holds no payer code', { path: '61.57' });
  }
  return number + rest + luhnDigit(number + rest);
}

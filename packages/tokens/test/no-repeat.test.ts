import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import {
  freshPayerCodeMemory,
  type HmacSha256,
  nextPayerCode,
  payerCodeSlots,
  payerCodeStepSeconds,
  TokenError,
} from '../src/index.ts';
import { oneTimeValue, periodSteps, placeOfValue } from '../src/one-time-value.ts';

const handles = ['10000001', '20000002', '30000003', '40000004'];
const device = { networkNumber: '0001', deviceKey: new Uint8Array(32).fill(9), handles };
const nativeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

/** HMAC that remembers: a round has 10,000 inputs for each handle, so millions of codes need few of them. */
function createRememberedHmac(): HmacSha256 {
  const known = new Map<string, (Uint8Array | undefined)[]>();
  return (key, message) => {
    const handle = String.fromCharCode(...message.subarray(12, 20));
    const ofHandle = known.get(handle) ?? [];
    known.set(handle, ofHandle);
    const at = ((message[5] ?? 0) << 16) | ((message[6] ?? 0) << 8) | (message[7] ?? 0);
    const mac = ofHandle[at] ?? Uint8Array.from(nativeHmac(key, message));
    ofHandle[at] = mac;
    return mac;
  };
}

/** Codes of one device as 64-bit numbers, as many as fit into each step, step after step. */
function makeCodes(count: number): BigUint64Array {
  const codes = new BigUint64Array(count);
  const hmacSha256 = createRememberedHmac();
  let memory = freshPayerCodeMemory;
  let now = new Date('2026-11-23T12:00:00Z');
  const perStep = handles.length * payerCodeSlots;
  for (let at = 0; at < count; at += 1) {
    if (at > 0 && at % perStep === 0) {
      now = new Date(now.getTime() + payerCodeStepSeconds * 1000);
    }
    const made = nextPayerCode({ ...device, now, memory, hmacSha256 });
    memory = made.memory;
    // Without prefix, network number and check digit: 17 digits.
    codes[at] = BigInt(made.code.text.slice(6, 23));
  }
  return codes;
}

describe('no payer code of a device comes twice (spec/tokens.md 3.3)', () => {
  it(`in a row of codes (PAYER_CODES=10000000 makes ten million)`, function () {
    this.timeout(30 * 60_000);
    const count = Number(process.env.PAYER_CODES ?? 200_000);
    const codes = makeCodes(count).sort();
    for (let at = 1; at < count; at += 1) {
      assert.notEqual(codes[at], codes[at - 1]);
    }
  });

  it('because a value leads back to the one step and slot of the period that it was made for', () => {
    const [handle = ''] = handles;
    const series = { networkNumber: '0001', handle };
    const { deviceKey } = device;
    for (let at = 0; at < 2000; at += 1) {
      const step = (at * 3_124_999 + at) % periodSteps;
      const slot = at % payerCodeSlots;
      const value = oneTimeValue(deviceKey, { ...series, step, slot }, nativeHmac);
      assert.deepEqual(placeOfValue(deviceKey, { ...series, value }, nativeHmac), { step, slot });
    }
    // A period is longer than a token lives, so that no token sees the second one.
    assert.equal(periodSteps * payerCodeSlots, 10 ** 8);
    assert.ok(periodSteps * payerCodeStepSeconds > 5 * 366 * 24 * 3600);
  });

  it('and values look like chance: their digits are spread evenly', () => {
    const counts = Array.from({ length: 8 }, () => new Array<number>(10).fill(0));
    const [handle = ''] = handles;
    const made = 20_000;
    for (let at = 0; at < made; at += 1) {
      const input = { networkNumber: '0001', handle, step: 59_847_840 + (at >> 4), slot: at & 15 };
      const value = oneTimeValue(device.deviceKey, input, nativeHmac);
      [...value].forEach((digit, place) => {
        const row = counts[place] ?? [];
        row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
      });
    }
    for (const row of counts) {
      const chiSquare = row.reduce((sum, seen) => sum + (seen - made / 10) ** 2 / (made / 10), 0);
      // Nine degrees of freedom: 33.7 is passed by chance once in 10,000; the key is fixed, so it never is.
      assert.ok(chiSquare < 33.7, `chi-square ${chiSquare}`);
    }
  });

  it('and a device that has made every code of a step makes no more until the next one', () => {
    const now = new Date('2026-11-23T12:00:10Z');
    let memory = { ...freshPayerCodeMemory, counter: 1000 };
    for (let at = 0; at < handles.length * payerCodeSlots; at += 1) {
      memory = nextPayerCode({ ...device, now, memory }).memory;
    }
    assert.throws(
      () => nextPayerCode({ ...device, now, memory }),
      (error: unknown) => error instanceof TokenError && error.code === 'PAYER_CODE_STEP_EXHAUSTED',
    );
    const later = new Date('2026-11-23T12:00:30Z');
    assert.equal(nextPayerCode({ ...device, now: later, memory }).memory.counter, 1065);
  });
});

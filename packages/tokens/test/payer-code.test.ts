import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  createPayerCode,
  type HmacSha256,
  type PayerDevice,
  payerCodeSlots,
  portableHmacSha256,
  readDeviceKey,
  readPayerCode,
  readProvision,
  TokenError,
  type TokenErrorCode,
  verifyOneTimeValue,
} from '../src/index.ts';
import { encodeRound, placeOfValue } from '../src/one-time-value.ts';

interface Made extends Omit<PayerDevice, 'deviceKey'> {
  readonly name: string;
  readonly deviceKey: string;
  readonly now: string;
  readonly counter: number;
  readonly step: number;
  readonly slot: number;
  readonly handle: string;
  readonly place: number;
  readonly firstRoundInput: string;
  readonly firstRoundMac: string;
  readonly oneTimeValue: string;
  readonly code: string;
  readonly refreshAt: string;
  readonly expiresAt: string;
}
interface Vectors {
  readonly made: readonly Made[];
  readonly acceptedAt: {
    readonly code: string;
    readonly deviceKey: string;
    readonly times: readonly { readonly name: string; readonly now: string }[];
  };
  readonly refused: readonly {
    readonly name: string;
    readonly code: string;
    readonly deviceKey: string;
    readonly now: string;
    readonly error: TokenErrorCode;
  }[];
}

const vectorsFile = new URL('../../../spec/vectors/tokens/payer-codes.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(vectorsFile, 'utf8'));
const nativeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();
const device: PayerDevice = {
  networkNumber: '0001',
  deviceKey: new Uint8Array(32).fill(7),
  handles: Array.from({ length: 16 }, (_, at) => String(10_000_000 + at * 1_234_567)),
};
const now = new Date('2026-11-23T12:00:10Z');

function refused(code: TokenErrorCode) {
  return (error: unknown) => error instanceof TokenError && error.code === code;
}

describe('createPayerCode', () => {
  for (const vector of vectors.made) {
    it(`makes ${vector.code}: ${vector.name} (spec/tokens.md 3)`, () => {
      const { networkNumber, handles, counter } = vector;
      const deviceKey = Buffer.from(vector.deviceKey, 'hex');
      const options = { networkNumber, handles, counter, deviceKey, now: new Date(vector.now) };
      const { handle, step, slot } = vector;
      const input = encodeRound({ networkNumber, handle }, { round: 0, half: vector.place % 10_000 });
      assert.equal(Buffer.from(input).toString('hex'), vector.firstRoundInput);
      assert.equal(Buffer.from(portableHmacSha256(deviceKey, input)).toString('hex'), vector.firstRoundMac);
      const series = { networkNumber, handle, value: vector.oneTimeValue };
      assert.deepEqual(placeOfValue(deviceKey, series, nativeHmac), { step: step % 6_250_000, slot });
      for (const hmacSha256 of [portableHmacSha256, nativeHmac]) {
        const { text, refreshAt } = createPayerCode({ ...options, hmacSha256 });
        assert.equal(text, vector.code);
        assert.equal(refreshAt.toISOString(), vector.refreshAt);
      }
    });
  }

  it('makes codes that all differ within one step until every slot of every handle is used', () => {
    const count = device.handles.length * payerCodeSlots;
    const texts = Array.from(
      { length: count },
      (_, counter) => createPayerCode({ ...device, now, counter }).text,
    );
    assert.equal(new Set(texts).size, count);
    const uses = texts.map((text) => {
      const code = readPayerCode(text);
      const { handle, step, slot } = verifyOneTimeValue({ deviceKey: device.deviceKey, code, now });
      return `${handle} ${step} ${slot}`;
    });
    assert.equal(new Set(uses).size, count);
  });

  it('shows each handle once before any comes again', () => {
    const handles = device.handles.map(
      (_, counter) => readPayerCode(createPayerCode({ ...device, now, counter: counter + 5 }).text).handle,
    );
    assert.deepEqual(new Set(handles), new Set(device.handles));
  });

  it('refuses a counter that is no whole number from 0 on', () => {
    for (const counter of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(
        () => createPayerCode({ ...device, now, counter }),
        refused('PAYER_CODE_COUNTER_INVALID'),
      );
    }
  });

  it('refuses a device that is not whole', () => {
    const changes: Partial<PayerDevice>[] = [
      { deviceKey: new Uint8Array(31) },
      { networkNumber: '12' },
      { handles: [] },
      { handles: ['1234567'] },
      { handles: ['90000000'] },
      { handles: ['12345678', '12345678'] },
      { handles: Array.from({ length: 257 }, (_, at) => String(10_000_000 + at)) },
    ];
    for (const change of changes) {
      assert.throws(
        () => createPayerCode({ ...device, ...change, now, counter: 0 }),
        refused('PAYER_DEVICE_INVALID'),
      );
    }
  });
});

describe('verifyOneTimeValue', () => {
  const { code, deviceKey, times } = vectors.acceptedAt;
  for (const time of times) {
    it(`accepts a code in the ${time.name}`, () => {
      const verified = verifyOneTimeValue({
        deviceKey: Buffer.from(deviceKey, 'hex'),
        code: readPayerCode(code),
        now: new Date(time.now),
      });
      const [first] = vectors.made;
      assert.deepEqual([verified.step, verified.slot], [first?.step, first?.slot]);
      assert.equal(verified.expiresAt.toISOString(), first?.expiresAt);
    });
  }

  for (const vector of vectors.refused) {
    it(`refuses with ${vector.error}: ${vector.name}`, () => {
      const options = { deviceKey: Buffer.from(vector.deviceKey, 'hex'), now: new Date(vector.now) };
      const verify = () => verifyOneTimeValue({ ...options, code: readPayerCode(vector.code) });
      assert.throws(verify, (error: unknown) => {
        assert.ok(error instanceof TokenError);
        assert.equal(error.code, vector.error);
        assert.equal(/[0-9]{8}/.test(error.message), false, 'a code is a secret and stays out of messages');
        return true;
      });
    });
  }

  it('accepts every code of every device in its own step and the two beside it, and in no other', () => {
    const instants = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    });
    const inputs = [
      instants,
      fc.nat(1_000_000),
      fc.integer({ min: -3, max: 3 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
    ] as const;
    fc.assert(
      fc.property(...inputs, (made, counter, stepsLater, key) => {
        const { text } = createPayerCode({
          ...device,
          deviceKey: key,
          now: made,
          counter,
          hmacSha256: nativeHmac,
        });
        const later = new Date(made.getTime() + stepsLater * 30_000);
        const verify = () =>
          verifyOneTimeValue({
            deviceKey: key,
            code: readPayerCode(text),
            now: later,
            hmacSha256: nativeHmac,
          });
        if (Math.abs(stepsLater) <= 1) {
          assert.equal(verify().step, Math.floor(made.getTime() / 30_000));
        } else {
          assert.throws(verify, refused('PAYER_CODE_EXPIRED'));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses any change of one digit', () => {
    const { text } = createPayerCode({ ...device, now, counter: 3 });
    for (let at = 0; at < text.length; at += 1) {
      for (let by = 1; by < 10; by += 1) {
        const changed = text.slice(0, at) + String((Number(text[at]) + by) % 10) + text.slice(at + 1);
        assert.throws(() => readPayerCode(changed), TokenError);
      }
    }
  });

  it('refuses a device key of another length', () => {
    const options = { deviceKey: new Uint8Array(16), code: readPayerCode(code), now };
    assert.throws(() => verifyOneTimeValue(options), refused('PAYER_DEVICE_INVALID'));
  });
});

describe('readProvision', () => {
  const provision = {
    networkNumber: '0001',
    deviceKey: Buffer.alloc(32, 7).toString('base64url'),
    handles: device.handles,
  };

  it('reads what the switch sends with a token', () => {
    assert.deepEqual(readProvision(provision), device);
  });

  it('refuses a key that is not 32 bytes of strict base64url', () => {
    for (const deviceKey of [
      '',
      'AA',
      `${provision.deviceKey}=`,
      `${provision.deviceKey.slice(0, 42)}d`,
      'ä'.repeat(43),
    ]) {
      assert.throws(() => readProvision({ ...provision, deviceKey }), refused('PAYER_DEVICE_INVALID'));
      assert.throws(() => readDeviceKey({ deviceKey }), refused('PAYER_DEVICE_INVALID'));
    }
  });

  it('leaves the key to a device that has no handles, for cryptograms', () => {
    const without = { ...provision, handles: [] };
    assert.throws(() => readProvision(without), refused('PAYER_DEVICE_INVALID'));
    assert.deepEqual(readDeviceKey(without), device.deviceKey);
  });
});

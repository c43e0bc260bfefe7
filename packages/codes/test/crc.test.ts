import assert from 'node:assert/strict';
import { needPublished } from '@barlink/testing';
import { crc16, crcText, parse } from '../src/index.ts';

describe('the CRC of EMV codes', () => {
  interface Data {
    readonly crc16ccittFalse: readonly { readonly ascii: string; readonly crc: string }[];
    readonly emvMpmSample: { readonly payload: string };
  }

  it('is the published CRC-16/CCITT-FALSE, and that of EMVCo\u2019s own sample', function () {
    const { crc16ccittFalse, emvMpmSample } = needPublished<Data>(this, 'crypto/misc_qr_crc.json');
    for (const { ascii, crc } of crc16ccittFalse) {
      assert.equal(crcText(crc16(ascii)), crc);
    }
    assert.equal(crc16ccittFalse.length, 1);
    const { payload } = emvMpmSample;
    assert.equal(crcText(crc16(payload.slice(0, -4))), payload.slice(-4));
    assert.equal(parse(payload).merchant.name, 'BEST TRANSPORT');
    assert.throws(() => parse(`${payload.slice(0, -1)}B`), { code: 'QR_CRC_MISMATCH' });
  });
});

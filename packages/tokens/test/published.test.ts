import assert from 'node:assert/strict';
import { needPublished } from '@barlink/testing';
import { portableHmacSha256 } from '../src/index.ts';

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

describe('the HMAC-SHA-256 that payer codes and cryptograms are made with', () => {
  it('makes every tag of Wycheproof hmac_sha256_test.json, and none that was changed', function () {
    interface Case {
      readonly tcId: number;
      readonly key: string;
      readonly msg: string;
      readonly tag: string;
      readonly result: 'valid' | 'invalid';
    }
    type Data = { readonly testGroups: readonly { readonly tests: readonly Case[] }[] };
    const { testGroups } = needPublished<Data>(this, 'crypto/wycheproof/hmac_sha256_test.json');
    const cases = testGroups.flatMap(({ tests }) => tests);
    for (const { tcId, key, msg, tag, result } of cases) {
      const made = Buffer.from(portableHmacSha256(fromHex(key), fromHex(msg))).toString('hex');
      assert.equal(made.startsWith(tag), result === 'valid', String(tcId));
    }
    assert.equal(cases.length, 174);
  });

  it('makes the one-time passwords of RFC 6238 appendix B', function () {
    type Data = {
      readonly totp: readonly { readonly unixTime: number; readonly sha256: string }[];
      readonly secretsAscii: { readonly sha256: string };
    };
    const { totp, secretsAscii } = needPublished<Data>(this, 'crypto/otp_rfc4226_6238.json');
    for (const { unixTime, sha256 } of totp) {
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(Math.floor(unixTime / 30)));
      const mac = Buffer.from(portableHmacSha256(Buffer.from(secretsAscii.sha256), counter));
      const value = mac.readUInt32BE(mac.readUInt8(31) & 15) & 0x7fffffff;
      assert.equal(String(value % 10 ** 8).padStart(8, '0'), sha256);
    }
    assert.equal(totp.length, 6);
  });
});

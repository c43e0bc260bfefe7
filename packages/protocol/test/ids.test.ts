import assert from 'node:assert/strict';
import {
  formatUuid7,
  isUuid7,
  parseCodeId,
  parseParticipantId,
  parsePaymentId,
  parseTokenId,
  uuid7TimeMs,
  writeUuid,
} from '../src/index.ts';

describe('UUIDv7', () => {
  it('reproduces the example of RFC 9562 appendix A.6', () => {
    const random = Uint8Array.from([0xcc, 0x31, 0x8c, 0x4d, 0xc0, 0xc0, 0xc0, 0x73, 0x98, 0xf0]);
    const uuid = formatUuid7(0x017f22e279b0, random);
    assert.equal(uuid.slice(0, 18), '017f22e2-79b0-7cc3');
    assert.ok(isUuid7(uuid));
    assert.equal(uuid7TimeMs(uuid), 0x017f22e279b0);
  });

  it('writes its bytes where it is told to, and nowhere else', () => {
    const target = new Uint8Array(20).fill(0xee);
    writeUuid(target, 2, '017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
    assert.equal(Buffer.from(target).toString('hex'), 'eeee017f22e279b07cc398c4dc0c0c07398feeee');
  });

  it('refuses other versions and upper case', () => {
    assert.equal(isUuid7('3f2c9d4e-8a4b-4c1e-9b57-0a1b2c3d4e5f'), false);
    assert.equal(isUuid7('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), false);
  });
});

describe('id parsers', () => {
  it('refuse what has another form', () => {
    const wrong = { code: 'ID_FORMAT_INVALID', path: '/id' };
    assert.throws(() => parseParticipantId('Bank', '/id'), wrong);
    assert.throws(() => parsePaymentId('1', '/id'), wrong);
    assert.throws(() => parseTokenId("' or 1=1", '/id'), wrong);
    assert.throws(() => parseCodeId('ILOU567890123456', '/id'), wrong);
  });
});

import assert from 'node:assert/strict';
import {
  attachSignature,
  CodeError,
  crc16,
  crcText,
  encodeMerchantCode,
  findSignature,
} from '@barlink/codes';
import fc from 'fast-check';
import QRCode from 'qrcode';
import { decodeBase45, encodeBase45 } from '../src/base45.ts';
import { codeKeyId, signCode, verifyCode } from '../src/index.ts';
import {
  acquirerPair,
  codeIdAt,
  expiresAt,
  issuedAt,
  makeKeysetText,
  makeSignedCode,
  merchantCode,
  readKeyset,
} from './code-fixture.ts';
import { algorithms, pairOf, refused } from './message-fixture.ts';

const now = new Date('2026-11-24T00:00:00Z');

/** The text with a checksum that fits, as a forger would hand it out. */
function withCrc(text: string): string {
  const body = text.slice(0, -4);
  return body + crcText(crc16(body));
}

describe('verifyCode', () => {
  for (const algorithm of algorithms) {
    it(`gives the merchant that an acquirer signed with ${algorithm}`, async () => {
      const keyset = await readKeyset(makeKeysetText({}, { algorithm }));
      const result = await verifyCode(await makeSignedCode({}, algorithm), { keyset, now });
      assert.ok(result.status === 'verified');
      const { acquirer, merchantId, name, city, category, country } = merchantCode;
      assert.deepEqual(result.merchant, { acquirer, merchantId, name, city, category, country });
      assert.deepEqual(result.code, merchantCode);
      assert.equal(result.kid, (await acquirerPair(algorithm)).key.kid);
    });
  }

  it('gives a dynamic code with its amount and reference', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const change = { mode: 'dynamic', amount: '12.50', reference: 'Table 7' } as const;
    const result = await verifyCode(await makeSignedCode(change), { keyset, now });
    assert.ok(result.status === 'verified');
    assert.deepEqual(result.code, { ...merchantCode, ...change });
  });

  it('gives an unsigned code no merchant, only a claim, and asks no key for it', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const result = await verifyCode(encodeMerchantCode(merchantCode), { keyset, now: expiresAt });
    assert.deepEqual(result, { status: 'unsigned', claimed: merchantCode });
  });

  it('refuses what is no unified merchant code before looking for a signature', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const signed = await makeSignedCode();
    for (const text of [
      '',
      'https://example.org',
      signed.slice(0, -1),
      `${signed} `,
      signed.replace('Blue', 'Blau'),
    ]) {
      await assert.rejects(verifyCode(text, { keyset, now }), CodeError);
    }
  });

  it('refuses every changed bit, with and without a new checksum', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const signed = await makeSignedCode();
    for (let bit = 0; bit < signed.length * 8; bit += 1) {
      const code = signed.charCodeAt(bit >> 3) ^ (1 << (bit & 7));
      const changed = signed.slice(0, bit >> 3) + String.fromCharCode(code) + signed.slice((bit >> 3) + 1);
      for (const text of bit >> 3 < signed.length - 4 ? [changed, withCrc(changed)] : [changed]) {
        await assert.rejects(verifyCode(text, { keyset, now }), `bit ${bit}: ${text}`);
      }
    }
  });

  it('refuses objects put in, taken out, doubled, swapped or put behind the signature', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const objects = split(await makeSignedCode());
    const tampered = new Set<string>();
    objects.forEach((object, at) => {
      const rest = objects.filter((_, index) => index !== at);
      tampered.add(rest.join(''));
      tampered.add([...objects.slice(0, at), object, ...objects.slice(at)].join(''));
      tampered.add([...objects.slice(0, at), '8008abcdefgh', ...objects.slice(at)].join(''));
      tampered.add([...objects.slice(0, at), '54041.00', ...objects.slice(at)].join(''));
      objects.forEach((_, to) => {
        tampered.add([...rest.slice(0, to), object, ...rest.slice(to)].join(''));
      });
    });
    tampered.delete(objects.join(''));
    for (const body of tampered) {
      const text = body.endsWith(objects.at(-1) ?? '') ? withCrc(body) : body;
      await assert.rejects(verifyCode(text, { keyset, now }), text);
    }
    // Taking the whole signature away leaves an unsigned code, and it says so.
    const bare = withCrc([...objects.slice(0, -3), objects.at(-1)].join(''));
    assert.equal((await verifyCode(bare, { keyset, now })).status, 'unsigned');
  });

  it('refuses another spelling of the part that is not signed', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const signed = await makeSignedCode();
    const signedText = findSignature(signed)?.signedText ?? '';
    const tail = signed.slice(signedText.length);
    const spelled = [
      tail.replace('NET.BARLINK', 'net.barlink'),
      tail.replace(/99470011NET.BARLINK/, '99470011Net.Barlink'),
    ];
    for (const other of spelled) {
      const text = withCrc(signedText + other);
      await assert.rejects(verifyCode(text, { keyset, now }), refused('CODE_SIGNATURE_MALFORMED'));
    }
  });

  it('refuses base45 that is not 64 bytes', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const { key } = await acquirerPair();
    const signature = { keyId: codeKeyId(key.kid), signature: `:::${'0'.repeat(93)}` };
    const text = attachSignature(encodeMerchantCode(merchantCode), signature);
    await assert.rejects(verifyCode(text, { keyset, now }), refused('CODE_SIGNATURE_MALFORMED'));
  });

  it('fails closed when the keyset is too old', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const signed = await makeSignedCode();
    await assert.rejects(verifyCode(signed, { keyset, now: expiresAt }), refused('KEYSET_EXPIRED'));
  });

  it('refuses a key of another acquirer, and one that nobody lists', async () => {
    const other = await readKeyset(makeKeysetText({}, { acquirer: '100002' }));
    await assert.rejects(
      verifyCode(await makeSignedCode(), { keyset: other, now }),
      refused('CODE_SIGNATURE_KEY_UNKNOWN'),
    );
    const keyset = await readKeyset(makeKeysetText());
    const { key } = await pairOf('ES256');
    const text = await signCode(encodeMerchantCode(merchantCode), key);
    await assert.rejects(verifyCode(text, { keyset, now }), refused('CODE_SIGNATURE_KEY_UNKNOWN'));
  });

  it('judges the key by when the code was made: a poster outlives its key', async () => {
    const made = new Date('2026-11-22T00:00:00Z');
    const later = new Date(made.getTime() + 1);
    const signed = await makeSignedCode({ codeId: codeIdAt(made) });
    const outlived = await readKeyset(
      makeKeysetText({}, { validity: { notBefore: made, expiresAt: issuedAt } }),
    );
    assert.equal((await verifyCode(signed, { keyset: outlived, now })).status, 'verified');
    for (const validity of [{ expiresAt: made }, { notBefore: new Date(later.getTime() + 1000) }]) {
      const keyset = await readKeyset(makeKeysetText({}, { validity }));
      await assert.rejects(verifyCode(signed, { keyset, now }), refused('CODE_SIGNATURE_KEY_NOT_VALID'));
    }
  });

  it('refuses a code the switch has withdrawn', async () => {
    const keyset = await readKeyset(makeKeysetText({ revokedCodes: [merchantCode.codeId] }));
    await assert.rejects(
      verifyCode(await makeSignedCode(), { keyset, now }),
      refused('CODE_SIGNATURE_REVOKED'),
    );
  });

  it('refuses another merchant\u2019s signature on this code', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const other = findSignature(await makeSignedCode({ merchantId: 'M-000124' }));
    assert.ok(other);
    const text = attachSignature(encodeMerchantCode(merchantCode), other);
    await assert.rejects(verifyCode(text, { keyset, now }), refused('CODE_SIGNATURE_INVALID'));
  });
});

describe('signCode', () => {
  it('refuses a code that is signed already, or is none', async () => {
    const { key } = await acquirerPair();
    await assert.rejects(signCode(await makeSignedCode(), key), CodeError);
    await assert.rejects(signCode('000201', key), CodeError);
  });

  it('keeps a static code at QR version 10, a dynamic one at 11, any at 12, at a place 13 (level M)', async () => {
    const version = (text: string) => QRCode.create(text, { errorCorrectionLevel: 'M' }).version;
    for (const algorithm of algorithms) {
      assert.ok(version(await makeSignedCode({}, algorithm)) <= 10);
      const dynamic = { mode: 'dynamic', amount: '1250.00', reference: 'INV-20261124' } as const;
      assert.ok(version(await makeSignedCode(dynamic, algorithm)) <= 11);
    }
    const longest = {
      merchantId: '123456789012345',
      name: 'w'.repeat(25),
      city: 'w'.repeat(15),
      mode: 'dynamic',
      amount: '123456789.123',
      reference: 'w'.repeat(25),
    } as const;
    assert.ok(version(await makeSignedCode(longest)) <= 12);
    const place = { store: 'w'.repeat(25), terminal: 'w'.repeat(25) };
    assert.ok(version(await makeSignedCode({ ...longest, ...place })) <= 13);
    assert.ok(version(await makeSignedCode({ store: 'WEST LAKE', terminal: 'TABLE 4' })) <= 11);
  });
});

describe('base45', () => {
  it('gives the examples of RFC 9285 section 4.3 that are of even length', () => {
    assert.equal(encodeBase45(Buffer.from('AB')), 'BB8');
    assert.deepEqual(decodeBase45('BB8'), Uint8Array.from(Buffer.from('AB')));
    // The even part of 'ietf!' (QED8WEX0) and of 'Hello!!' (%69 VD92EX0).
    assert.equal(encodeBase45(Buffer.from('ietf')), 'QED8WE');
    assert.equal(encodeBase45(Buffer.from('Hello!')), '%69 VD92E');
  });

  it('reads what it wrote and no other spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const text = encodeBase45(bytes);
        assert.equal(text.length, 96);
        assert.deepEqual(decodeBase45(text), bytes);
      }),
    );
    for (const text of ['A', 'AB', 'ab8', 'GGW', ':::', 'BB8 ', 'BB\u00b8']) {
      assert.equal(decodeBase45(text), undefined, text);
    }
    assert.deepEqual(decodeBase45('FGW'), Uint8Array.of(255, 255));
  });
});

/** The outermost objects of a payload. */
function split(text: string): string[] {
  const objects: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 4 + Number(text.slice(at + 2, at + 4));
    objects.push(text.slice(at, end));
    at = end;
  }
  return objects;
}

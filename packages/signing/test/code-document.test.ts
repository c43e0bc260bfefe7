import assert from 'node:assert/strict';
import { type CodeDocument, codeKeyId, signCodeDocument, verifyCodeDocument } from '../src/index.ts';
import { acquirerPair, makeKeysetText, merchantCode, readKeyset } from './code-fixture.ts';
import { algorithms, pairOf, refused } from './message-fixture.ts';

const url = 'https://pay.example/c/06Q2J1C000938NKR';
const now = new Date('2026-11-24T00:00:00Z');
const document: CodeDocument = {
  url,
  code: { ...merchantCode, mode: 'dynamic', amount: '12.50' },
  issuedAt: now,
  expiresAt: new Date(now.getTime() + 120_000),
};

/** A document of our own making, signed with the acquirer's key. */
async function signText(change: {
  readonly header?: object;
  readonly payload?: object | string;
}): Promise<string> {
  const { key } = await acquirerPair();
  const { code, expiresAt } = document;
  const iat = now.getTime() / 1000;
  const payload = { url, iat, exp: expiresAt.getTime() / 1000, code };
  const header = { alg: 'ES256', kid: key.kid, typ: 'barlink-code+jws', ...change.header };
  const changed =
    typeof change.payload === 'string' ? change.payload : JSON.stringify({ ...payload, ...change.payload });
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  const signed = `${encode(JSON.stringify(header))}.${encode(changed)}`;
  return `${signed}.${Buffer.from(await key.sign(Buffer.from(signed))).toString('base64url')}`;
}

describe('verifyCodeDocument', () => {
  for (const algorithm of algorithms) {
    it(`gives the code that an acquirer signed with ${algorithm}`, async () => {
      const keyset = await readKeyset(makeKeysetText({}, { algorithm }));
      const { key } = await acquirerPair(algorithm);
      const verified = await verifyCodeDocument(await signCodeDocument(document, key), { url, keyset, now });
      assert.equal(verified.status, 'verified');
      assert.deepEqual(verified.code, document.code);
      assert.equal(verified.merchant.name, merchantCode.name);
      assert.deepEqual(verified.expiresAt, document.expiresAt);
    });
  }

  it('refuses the document of another URL and one whose time is over', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const text = await signText({});
    const check = (change: object) => verifyCodeDocument(text, { url, keyset, now, ...change });
    await check({});
    await assert.rejects(check({ url: `${url}/` }), refused('SIGNATURE_TARGET_MISMATCH'));
    await assert.rejects(check({ now: document.expiresAt }), refused('CODE_TIME_EXPIRED'));
    await assert.rejects(check({ now: new Date(now.getTime() - 300_001) }), refused('CODE_TIME_EXPIRED'));
    await assert.rejects(check({ now: new Date('2026-12-01T00:00:00Z') }), refused('KEYSET_EXPIRED'));
  });

  it('refuses a changed document, a key of nobody and a withdrawn code', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const [header, , tail] = (await signText({})).split('.');
    const changed = (await signText({ payload: { code: { ...document.code, amount: '12.51' } } })).split(
      '.',
    )[1];
    const check = (text: string, keys = keyset) => verifyCodeDocument(text, { url, keyset: keys, now });
    await assert.rejects(check(`${header}.${changed}.${tail}`), refused('CODE_SIGNATURE_INVALID'));
    const stranger = await pairOf('ES256');
    await assert.rejects(
      check(await signCodeDocument(document, stranger.key)),
      refused('CODE_SIGNATURE_KEY_UNKNOWN'),
    );
    const withdrawn = await readKeyset(makeKeysetText({ revokedCodes: [merchantCode.codeId] }));
    await assert.rejects(check(await signText({}), withdrawn), refused('CODE_SIGNATURE_REVOKED'));
    const ended = await readKeyset(makeKeysetText({}, { validity: { expiresAt: now } }));
    await assert.rejects(check(await signText({}), ended), refused('CODE_SIGNATURE_KEY_NOT_VALID'));
    const { key } = await acquirerPair();
    const sameId = Buffer.from(key.kid, 'base64url');
    sameId[31] = (sameId[31] ?? 0) ^ 1;
    const twin = sameId.toString('base64url');
    assert.equal(codeKeyId(twin), codeKeyId(key.kid));
    await assert.rejects(
      check(await signText({ header: { kid: twin } })),
      refused('CODE_SIGNATURE_KEY_UNKNOWN'),
    );
    await assert.rejects(
      check(await signText({ header: { alg: 'EdDSA' } })),
      refused('SIGNATURE_ALGORITHM_NOT_ALLOWED'),
    );
  });

  it('refuses other forms', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const payloads = [
      { url: 'http://pay.example/c' },
      { iat: '1' },
      { exp: 1 },
      { code: null },
      { code: merchantCode },
      { code: { ...document.code, amount: '0' } },
      { more: 1 },
      'null',
      'x',
    ];
    const headers = [{ typ: 'JWT' }, { alg: 'none' }, { alg: 'HS256' }, { kid: 'x' }, { crit: [] }];
    const texts = [
      ...(await Promise.all(payloads.map((payload) => signText({ payload })))),
      ...(await Promise.all(headers.map((header) => signText({ header })))),
      '',
      'a.b.c',
      `${await signText({})}=`,
      'x'.repeat(8193),
    ];
    for (const text of texts) {
      await assert.rejects(
        verifyCodeDocument(text, { url, keyset, now }),
        refused('CODE_SIGNATURE_MALFORMED'),
        text,
      );
    }
    const { key } = await acquirerPair();
    const wrong = signCodeDocument({ ...document, expiresAt: now }, key);
    await assert.rejects(wrong, refused('CODE_SIGNATURE_MALFORMED'));
  });
});

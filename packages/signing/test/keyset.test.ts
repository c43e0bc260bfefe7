import assert from 'node:assert/strict';
import { codeKeyId, createKeyset, verifyKeyset } from '../src/index.ts';
import {
  acquirerPair,
  expiresAt,
  issuedAt,
  issuer,
  makeKeysetText,
  readKeyset,
  switchPair,
} from './code-fixture.ts';
import { pairOf, refused, withValidity } from './message-fixture.ts';

/** A keyset of our own making, signed with the switch's key. */
async function signKeyset(header: object | string, payload: object | string): Promise<string> {
  const { key } = await switchPair();
  const encode = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${Buffer.from(await key.sign(Buffer.from(signed))).toString('base64url')}`;
}

function partsOf(text: string): [Record<string, unknown>, Record<string, unknown>] {
  const [header = '', payload = ''] = text
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  return [JSON.parse(header), JSON.parse(payload)];
}

describe('verifyKeyset', () => {
  it('gives the acquirer\u2019s key by its eight characters, and nobody else\u2019s', async () => {
    const keyset = await readKeyset(makeKeysetText());
    const { publicKey } = await acquirerPair();
    const keyId = codeKeyId(publicKey.kid);
    assert.match(keyId, /^[A-Z2-7]{8}$/);
    assert.equal((await keyset.findKey('100001', keyId))?.kid, publicKey.kid);
    assert.equal(await keyset.findKey('100002', keyId), undefined);
    assert.equal(await keyset.findKey('100001', 'AAAAAAAA'), undefined);
    assert.deepEqual([keyset.issuer, keyset.issuedAt, keyset.expiresAt], [issuer, issuedAt, expiresAt]);
  });

  it('fails closed at its end, and when the clock stands before its making', async () => {
    const text = await makeKeysetText();
    await readKeyset(text, new Date(expiresAt.getTime() - 1));
    await readKeyset(text, new Date(issuedAt.getTime() - 300_000));
    await assert.rejects(readKeyset(text, new Date(Number.NaN)), refused('KEYSET_EXPIRED'));
    await assert.rejects(readKeyset(text, expiresAt), refused('KEYSET_EXPIRED'));
    await assert.rejects(readKeyset(text, new Date(issuedAt.getTime() - 300_001)), refused('KEYSET_EXPIRED'));
  });

  it('refuses one that would be valid for over seven days, whoever signed it', async () => {
    const late = new Date(expiresAt.getTime() + 1000);
    await assert.rejects(makeKeysetText({ expiresAt: late }), refused('KEYSET_MALFORMED'));
    await assert.rejects(makeKeysetText({ expiresAt: issuedAt }), refused('KEYSET_MALFORMED'));
    const [header, payload] = partsOf(await makeKeysetText());
    const text = await signKeyset(header, { ...payload, exp: Number(payload.exp) + 1 });
    await assert.rejects(readKeyset(text), refused('KEYSET_MALFORMED'));
  });

  it('refuses another type of signed document, another issuer and members of another form', async () => {
    const [header, payload] = partsOf(await makeKeysetText());
    const keys = payload.keys as { acquirer: string; jwk: object }[];
    const [entry] = keys;
    const cases: [object | string, object | string][] = [
      [{ ...header, typ: undefined }, payload],
      [{ ...header, typ: 'JWT' }, payload],
      [{ ...header, jwk: {} }, payload],
      [{ ...header, alg: 'none' }, payload],
      [header, { ...payload, iss: 'someone-else' }],
      [header, { ...payload, keys: 'none' }],
      [header, { ...payload, keys: [{ ...entry, acquirer: '1' }] }],
      [header, { ...payload, keys: [entry, entry] }],
      [header, { ...payload, keys: [{ ...entry, jwk: { ...entry?.jwk, kid: 'short' } }] }],
      [header, { ...payload, revoked: ['x'] }],
      [header, { ...payload, iat: 1.5 }],
      [header, JSON.stringify(payload).replace('{', '{"iss":"x",')],
      [header, 'null'],
      [header, '[]'],
      [header, 'no JSON'],
    ];
    for (const [changedHeader, changedPayload] of cases) {
      const text = await signKeyset(changedHeader, changedPayload);
      await assert.rejects(
        readKeyset(text),
        refused('KEYSET_MALFORMED'),
        JSON.stringify([changedHeader, changedPayload]),
      );
    }
    const text = await makeKeysetText();
    for (const spelled of ['', 'a.b', `${text}=`, `${text} `, text.replace('.', '..'), text.slice(0, -1)]) {
      await assert.rejects(readKeyset(spelled), refused('KEYSET_MALFORMED'));
    }
  });

  it('refuses one that the switch did not sign, and any changed byte', async () => {
    const text = await makeKeysetText();
    const other = await pairOf('ES256');
    const own = await switchPair();
    const check = { issuer, now: issuedAt };
    await assert.rejects(
      verifyKeyset(text, { ...check, keyFor: () => undefined }),
      refused('SIGNATURE_KEY_UNKNOWN'),
    );
    await assert.rejects(
      verifyKeyset(text, { ...check, keyFor: () => other.publicKey }),
      refused('SIGNATURE_KEY_UNKNOWN'),
    );
    const revoked = withValidity(own.publicKey, { revokedAt: issuedAt });
    await assert.rejects(
      verifyKeyset(text, { ...check, keyFor: () => revoked }),
      refused('SIGNATURE_KEY_NOT_VALID'),
    );
    const [header, payload] = partsOf(text);
    const forged = await signKeyset({ ...header, alg: 'ES256' }, payload);
    await assert.rejects(readKeyset(forged), refused('SIGNATURE_ALGORITHM_NOT_ALLOWED'));
    const [head, , tail] = text.split('.');
    const changed = Buffer.from(JSON.stringify({ ...payload, iat: Number(payload.iat) + 1 })).toString(
      'base64url',
    );
    await assert.rejects(readKeyset(`${head}.${changed}.${tail}`), refused('SIGNATURE_INVALID'));
  });

  it('refuses to hold two keys of one acquirer under one id', async () => {
    const { publicKey } = await acquirerPair();
    const { key } = await switchPair();
    const entry = { acquirer: '100001', key: publicKey };
    await assert.rejects(
      createKeyset([entry, entry], { key, issuer, issuedAt, expiresAt }),
      refused('KEYSET_MALFORMED'),
    );
  });
});

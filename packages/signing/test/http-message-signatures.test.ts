import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { needPublished } from '@barlink/testing';
import fc from 'fast-check';
import {
  assertContentDigest,
  type Component,
  createSignatureBase,
  encodeContentDigest,
  type HttpMessage,
  type HttpRequest,
  signHttpMessage,
  verifyHttpMessage,
} from '../src/http-messages/index.ts';
import { type InnerList, parseDictionary } from '../src/http-messages/structured-fields.ts';
import { generateSigningKey, importVerificationKey, SigningError, type SigningKey } from '../src/index.ts';

interface Published {
  readonly request: Omit<HttpRequest, 'kind'> & { readonly body: string };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: string;
  };
  readonly publicKeys: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly id: string;
    readonly alg: string;
    readonly message: 'request' | 'response';
    readonly signatureInput: string;
    readonly signatureBase: string;
    readonly signature: string;
  }[];
}

const refused = (code: string) => (error: unknown) => error instanceof SigningError && error.code === code;

describe('RFC 9421 appendix B.2', () => {
  const name = 'crypto/http_sig_rfc9421.json';

  function messageOf({ request, response }: Published, kind: 'request' | 'response'): HttpMessage {
    return kind === 'request' ? { kind, ...request } : { kind, ...response };
  }

  it('gives the published signature bases', function () {
    const data = needPublished<Published>(this, name);
    for (const each of data.cases) {
      const [input] = parseDictionary(each.signatureInput, 'signature-input').values();
      const base = createSignatureBase(messageOf(data, each.message), input as InnerList);
      assert.equal(base, each.signatureBase, each.id);
    }
  });

  it('verifies the published signatures of our algorithms, and none of them changed', async function () {
    const data = needPublished<Published>(this, name);
    const ours = data.cases.filter(({ alg }) => alg === 'ecdsa-p256-sha256' || alg === 'ed25519');
    assert.deepEqual(
      ours.map(({ id }) => id),
      ['B.2.4', 'B.2.6'],
    );
    for (const { id, message: kind, signatureInput, signature } of ours) {
      const label = signatureInput.slice(0, signatureInput.indexOf('='));
      const options = {
        keyFor: (keyId: string) =>
          importVerificationKey(createPublicKey(data.publicKeys[keyId] ?? '').export({ format: 'jwk' })),
        required: [],
        now: new Date(1_618_884_473_000),
      };
      const signed = (text: string): HttpMessage => {
        const message = messageOf(data, kind);
        const fields = { 'Signature-Input': signatureInput, Signature: `${label}=:${text}:` };
        return { ...message, headers: { ...message.headers, ...fields } };
      };
      const found = await verifyHttpMessage(signed(signature), options);
      assert.equal(found.label, label, id);
      const changed = signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));
      await assert.rejects(verifyHttpMessage(signed(changed), options), refused('SIGNATURE_INVALID'));
    }
  });

  it('has content digests that fit', function () {
    const { request, response } = needPublished<Published>(this, name);
    for (const { headers, body } of [request, response]) {
      const field = (headers as Record<string, string>)['content-digest'] ?? '';
      assertContentDigest(Buffer.from(body), field);
      assert.equal(encodeContentDigest(Buffer.from(body), 'sha-512'), field);
      assert.throws(
        () => assertContentDigest(Buffer.from(`${body} `), field),
        refused('CONTENT_DIGEST_MISMATCH'),
      );
    }
  });
});

describe('HTTP message signatures', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const body = Buffer.from('{"amount":"12.50"}');
  const components: readonly Component[] = [
    { name: '@method' },
    { name: '@target-uri' },
    { name: '@query-param', parameter: 'page' },
    { name: 'content-digest' },
    { name: 'idempotency-key' },
  ];
  const request: HttpRequest = {
    kind: 'request',
    method: 'POST',
    url: 'https://switch.example/v1/payments?page=a%20b',
    headers: { 'Content-Digest': encodeContentDigest(body), 'Idempotency-Key': ['k-1'] },
  };
  let key: SigningKey;
  before(async () => {
    key = await generateSigningKey('ES256');
  });

  const known = async () => {
    const verificationKey = await importVerificationKey(key.publicJwk);
    return { keyFor: (keyId: string) => (keyId === key.kid ? verificationKey : undefined), now };
  };
  const sign = async (message: HttpRequest, change: object = {}): Promise<HttpRequest> => {
    const fields = await signHttpMessage(message, { key, components, createdAt: now, ...change });
    return { ...message, headers: { ...message.headers, ...fields } };
  };

  it('hold for the message that was signed, with its body', async () => {
    const found = await verifyHttpMessage(await sign(request, { nonce: 'n-1', tag: 'barlink' }), {
      ...(await known()),
      required: components,
      body,
      tag: 'barlink',
    });
    assert.deepEqual([found.keyId, found.nonce, found.components], [key.kid, 'n-1', components]);
  });

  it('do not hold when anything that is covered was changed', async () => {
    const signed = await sign(request);
    const options = { ...(await known()), required: components };
    const changes: readonly Partial<HttpRequest>[] = [
      { method: 'PUT' },
      { url: 'https://switch.example/v1/payments?page=a%20c' },
      { url: 'https://other.example/v1/payments?page=a%20b' },
      { headers: { ...signed.headers, 'Idempotency-Key': 'k-2' } },
    ];
    for (const change of changes) {
      await assert.rejects(
        verifyHttpMessage({ ...signed, ...change }, options),
        refused('SIGNATURE_INVALID'),
      );
    }
    const other = Buffer.from('{}');
    await assert.rejects(
      verifyHttpMessage(signed, { ...options, body: other }),
      refused('CONTENT_DIGEST_MISMATCH'),
    );
  });

  it('bind a response to its request', async () => {
    const response = { kind: 'response', status: 201, headers: { 'content-length': '2' }, request } as const;
    const bound: readonly Component[] = [{ name: '@status' }, { name: '@method', of: 'request' }];
    const fields = await signHttpMessage(response, { key, components: bound, createdAt: now });
    const signed = { ...response, headers: { ...response.headers, ...fields } };
    const options = { ...(await known()), required: bound };
    await verifyHttpMessage(signed, options);
    const elsewhere = { ...signed, request: { ...request, method: 'GET' } };
    await assert.rejects(verifyHttpMessage(elsewhere, options), refused('SIGNATURE_INVALID'));
    const { request: _, ...alone } = signed;
    await assert.rejects(verifyHttpMessage(alone, options), refused('HTTP_SIGNATURE_COMPONENT_MISSING'));
  });

  it('are refused for what they lack, in time, by key and by algorithm', async () => {
    const signed = await sign(request, { expiresAt: new Date(now.getTime() + 60_000) });
    const options = { ...(await known()), required: components };
    const cases: readonly (readonly [string, HttpMessage, object])[] = [
      ['SIGNATURE_MISSING', request, {}],
      ['SIGNATURE_MISSING', signed, { label: 'other' }],
      ['HTTP_SIGNATURE_COMPONENT_MISSING', signed, { required: [{ name: 'date' }] }],
      ['HTTP_SIGNATURE_MALFORMED', signed, { tag: 'barlink' }],
      ['SIGNATURE_STALE', signed, { now: new Date(now.getTime() + 61_000) }],
      ['SIGNATURE_STALE', signed, { now: new Date(now.getTime() - 301_000) }],
      ['SIGNATURE_KEY_UNKNOWN', signed, { keyFor: () => undefined }],
    ];
    for (const [code, message, change] of cases) {
      await assert.rejects(verifyHttpMessage(message, { ...options, ...change }), refused(code));
    }
    const edKey = await importVerificationKey((await generateSigningKey('EdDSA')).publicJwk);
    await assert.rejects(
      verifyHttpMessage(signed, { ...options, keyFor: () => edKey }),
      refused('SIGNATURE_ALGORITHM_NOT_ALLOWED'),
    );
    const ended = await importVerificationKey(key.publicJwk, { expiresAt: now });
    await assert.rejects(
      verifyHttpMessage(signed, { ...options, keyFor: () => ended }),
      refused('SIGNATURE_KEY_NOT_VALID'),
    );
    const sm2 = await generateSigningKey('SM2SM3');
    await assert.rejects(sign(request, { key: sm2 }), refused('SIGNATURE_ALGORITHM_NOT_ALLOWED'));
  });

  for (const input of [
    'sig=("@method" "@method");created=1;keyid="k"',
    'sig=("@method";bs);created=1;keyid="k"',
    'sig=("@nonsense");created=1;keyid="k"',
    'sig=("Date");created=1;keyid="k"',
    'sig=("@method");created=1;keyid="k";magic',
    'sig=("@method");created=1.5;keyid="k"',
    'sig=("@method");keyid="k"',
    'sig=("@method");created=1;created=2;keyid="k"',
    'sig=("@method";created=1',
    'sig=("@method"),',
    'sig=("@method");created=1;keyid="k", sig=("@path");created=1;keyid="k"',
    'sig=:AAAA:',
    'SIG=("@method")',
  ]) {
    it(`are refused when written ${input}`, async () => {
      const headers = { 'signature-input': input, signature: 'sig=:AAAA:' };
      const options = { ...(await known()), required: [], now: new Date(1000) };
      await assert.rejects(
        verifyHttpMessage({ ...request, headers }, options),
        refused('HTTP_SIGNATURE_MALFORMED'),
      );
    });
  }

  it('never end in anything but a refusal, whatever the fields hold', async () => {
    const options = { ...(await known()), required: [] };
    const text = fc.string({ unit: fc.constantFrom(...'sig=();"@method,:AB?1 \\*') });
    await fc.assert(
      fc.asyncProperty(text, text, async (input, signature) => {
        const headers = { 'signature-input': input, signature };
        await assert.rejects(verifyHttpMessage({ ...request, headers }, options), SigningError);
      }),
      { numRuns: 300 },
    );
  });
});

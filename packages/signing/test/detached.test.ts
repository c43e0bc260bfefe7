import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type SignDetachedOptions,
  SigningError,
  type SigningErrorCode,
  signDetached,
  type VerifyDetachedOptions,
  verifyDetached,
} from '../src/index.ts';
import {
  algorithms,
  body,
  flip,
  idempotencyKey,
  now,
  type Pair,
  pairOf,
  providers,
  refused,
  requestId,
  withValidity,
} from './message-fixture.ts';

const request = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments?dry=1' };

function signing({ key }: Pair, change: Partial<SignDetachedOptions> = {}): SignDetachedOptions {
  return { key, issuer: 'bank-a', ...request, issuedAt: now, jti: requestId, idempotencyKey, ...change };
}

function checking({ publicKey }: Pair, change: Partial<VerifyDetachedOptions> = {}): VerifyDetachedOptions {
  return { keyFor: () => publicKey, ...request, now, ...change };
}

/** Re-spells the protected header and signs the result, so that only the header is at fault. */
async function signHeaderText({ key }: Pair, text: string): Promise<string> {
  const segment = Buffer.from(text).toString('base64url');
  const input = Buffer.from(`${segment}.${Buffer.from(body).toString('base64url')}`);
  return `${segment}..${Buffer.from(await key.sign(input)).toString('base64url')}`;
}

function headerOf(signature: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(signature.split('.')[0] ?? '', 'base64url').toString());
}

describe('verifyDetached', () => {
  for (const algorithm of algorithms) {
    for (const signer of providers) {
      for (const verifier of providers) {
        it(`accepts ${algorithm} signed by ${signer.name} and verified by ${verifier.name}`, async () => {
          const pair = await pairOf(algorithm, signer, verifier);
          const signature = await signDetached(body, signing(pair));
          const verified = await verifyDetached(body, signature, checking(pair));
          assert.deepEqual(verified, {
            issuer: 'bank-a',
            kid: pair.key.kid,
            jti: requestId,
            issuedAt: now,
            idempotencyKey,
          });
        });
      }
    }

    it(`refuses every changed bit of an ${algorithm} signature and of the body`, async () => {
      const pair = await pairOf(algorithm);
      const signature = await signDetached(body, signing(pair));
      const [segment = '', , raw = ''] = signature.split('.');
      const bytes = Buffer.from(raw, 'base64url');
      await fc.assert(
        fc.asyncProperty(fc.nat(511), fc.nat(body.length * 8 - 1), async (inSignature, inBody) => {
          const forged = `${segment}..${flip(bytes, inSignature).toString('base64url')}`;
          await assert.rejects(verifyDetached(body, forged, checking(pair)), refused('SIGNATURE_INVALID'));
          const changed = flip(body, inBody);
          await assert.rejects(
            verifyDetached(changed, signature, checking(pair)),
            refused('SIGNATURE_INVALID'),
          );
        }),
        { numRuns: 60 },
      );
    });
  }

  it('refuses any other spelling of any character of the signature', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    await fc.assert(
      fc.asyncProperty(fc.nat(signature.length - 1), fc.integer({ min: 0, max: 127 }), async (at, code) => {
        const changed = signature.slice(0, at) + String.fromCharCode(code) + signature.slice(at + 1);
        fc.pre(changed !== signature);
        await assert.rejects(verifyDetached(body, changed, checking(pair)), SigningError);
      }),
      { numRuns: 400 },
    );
    for (const spelled of [
      `${signature}=`,
      `${signature} `,
      ` ${signature}`,
      `${signature}\n`,
      `${signature}.`,
    ]) {
      await assert.rejects(verifyDetached(body, spelled, checking(pair)), refused('SIGNATURE_MALFORMED'));
    }
  });

  it('signs an empty body and leaves idempotencyKey out when there is none', async () => {
    const pair = await pairOf('ES256');
    const options = {
      key: pair.key,
      issuer: 'bank-a',
      audience: 'barlink-switch',
      method: 'GET',
      target: '/v1/positions',
    };
    const signature = await signDetached(new Uint8Array(0), options);
    const verified = await verifyDetached(new Uint8Array(0), signature, {
      ...checking(pair),
      method: 'GET',
      target: '/v1/positions',
      now: new Date(),
    });
    assert.equal('idempotencyKey' in verified, false);
    assert.match(verified.jti, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('waits for a key that has to be looked up', async () => {
    const pair = await pairOf('EdDSA');
    const signature = await signDetached(body, signing(pair));
    const keyFor = async (kid: string, issuer: string) =>
      kid === pair.key.kid && issuer === 'bank-a' ? pair.publicKey : undefined;
    assert.equal((await verifyDetached(body, signature, checking(pair, { keyFor }))).issuer, 'bank-a');
  });

  it('refuses a message without signature', async () => {
    const pair = await pairOf('ES256');
    await assert.rejects(verifyDetached(body, undefined, checking(pair)), refused('SIGNATURE_MISSING'));
    await assert.rejects(verifyDetached(body, '', checking(pair)), refused('SIGNATURE_MISSING'));
  });

  it('refuses a signature that carries its payload, and one of another shape', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    const attached = signature.replace('..', `.${Buffer.from(body).toString('base64url')}.`);
    for (const text of [attached, 'a.b', 'a.b.c.d', '..', 'x'.repeat(4097), signature.replace('..', '.')]) {
      await assert.rejects(verifyDetached(body, text, checking(pair)), refused('SIGNATURE_MALFORMED'));
    }
  });

  it('refuses a header that names a member twice, also when one name is escaped', async () => {
    const pair = await pairOf('ES256');
    const text = JSON.stringify(headerOf(await signDetached(body, signing(pair))));
    for (const extra of ['"iss":"bank-b"', '"\\u0069ss":"bank-b"', '"crit":[]', '"alg":"none"']) {
      const doubled = await signHeaderText(pair, `{${extra},${text.slice(1)}`);
      await assert.rejects(verifyDetached(body, doubled, checking(pair)), refused('SIGNATURE_MALFORMED'));
    }
  });

  it('reads a header with white space and another member order', async () => {
    const pair = await pairOf('ES256');
    const header = headerOf(await signDetached(body, signing(pair)));
    const turned = JSON.stringify(Object.fromEntries(Object.entries(header).reverse()), null, 2);
    const verified = await verifyDetached(body, await signHeaderText(pair, turned), checking(pair));
    assert.equal(verified.issuer, 'bank-a');
  });

  it('refuses algorithms that are not of the network, and those that are not the key\u2019s', async () => {
    const pair = await pairOf('ES256');
    const header = headerOf(await signDetached(body, signing(pair)));
    for (const alg of ['none', 'HS256', 'RS256', 'ES384', 'es256', 'EdDSA', 'SM2SM3']) {
      const signature = await signHeaderText(pair, JSON.stringify({ ...header, alg }));
      await assert.rejects(
        verifyDetached(body, signature, checking(pair)),
        refused('SIGNATURE_ALGORITHM_NOT_ALLOWED', '/alg'),
      );
    }
  });

  it('refuses an unknown critical extension, an incomplete crit and a member outside it', async () => {
    const pair = await pairOf('ES256');
    const header = headerOf(await signDetached(body, signing(pair)));
    const crit = header.crit as string[];
    const cases: [object, SigningErrorCode][] = [
      [{ ...header, crit: [...crit, 'b64'], b64: false }, 'SIGNATURE_CRITICAL_UNKNOWN'],
      [{ ...header, crit: ['unknown'] }, 'SIGNATURE_CRITICAL_UNKNOWN'],
      [{ ...header, crit: [] }, 'SIGNATURE_MALFORMED'],
      [{ ...header, crit: crit.slice(1) }, 'SIGNATURE_MALFORMED'],
      [{ ...header, crit: [...crit].reverse() }, 'SIGNATURE_MALFORMED'],
      [{ ...header, crit: 'iat' }, 'SIGNATURE_MALFORMED'],
      [{ ...header, b64: false }, 'SIGNATURE_MALFORMED'],
      [{ ...header, jwk: pair.key.publicJwk }, 'SIGNATURE_MALFORMED'],
    ];
    for (const [changed, code] of cases) {
      const signature = await signHeaderText(pair, JSON.stringify(changed));
      await assert.rejects(verifyDetached(body, signature, checking(pair)), refused(code));
    }
  });

  it('refuses members of another form', async () => {
    const pair = await pairOf('ES256');
    const header = headerOf(await signDetached(body, signing(pair)));
    const changes: Record<string, readonly unknown[]> = {
      iat: ['1', 1.5, -1, null, 1e300],
      jti: ['short', 'x'.repeat(65), 7, 'with space in the middle'],
      iss: ['', 'x'.repeat(65), 5, 'a b'],
      aud: ['', ['barlink-switch'], null],
      htm: ['post', '', 1],
      htu: ['v1/payments', 'https://x/v1', '', '/a b', `/${'x'.repeat(2048)}`],
      idk: ['', '019abf00-0000-4000-8000-00000000abcd', '019ABF00-0000-7000-8000-00000000ABCD'],
      kid: ['', 'x', 1],
    };
    for (const [name, values] of Object.entries(changes)) {
      for (const value of values) {
        const signature = await signHeaderText(pair, JSON.stringify({ ...header, [name]: value }));
        await assert.rejects(
          verifyDetached(body, signature, checking(pair)),
          refused('SIGNATURE_MALFORMED', `/${name}`),
          `${name} ${String(value)}`,
        );
      }
    }
  });

  it('refuses a key nobody registered for the issuer', async () => {
    const pair = await pairOf('ES256');
    const other = await pairOf('ES256', providers[1]);
    const signature = await signDetached(body, signing(pair));
    for (const keyFor of [() => undefined, () => other.publicKey]) {
      await assert.rejects(
        verifyDetached(body, signature, checking(pair, { keyFor })),
        refused('SIGNATURE_KEY_UNKNOWN'),
      );
    }
  });

  it('accepts 300 seconds either way and refuses 301', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    for (const seconds of [-300, 300]) {
      await verifyDetached(
        body,
        signature,
        checking(pair, { now: new Date(now.getTime() + seconds * 1000) }),
      );
    }
    for (const seconds of [-301, 301]) {
      const later = new Date(now.getTime() + seconds * 1000);
      await assert.rejects(
        verifyDetached(body, signature, checking(pair, { now: later })),
        refused('SIGNATURE_STALE', '/iat'),
      );
    }
  });

  it('fails closed when the clock gives no time', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    const noTime = new Date(Number.NaN);
    await assert.rejects(
      verifyDetached(body, signature, checking(pair, { now: noTime })),
      refused('SIGNATURE_STALE'),
    );
  });

  it('judges a key by the time of signing, a revocation by the time of the check', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    const after = new Date(now.getTime() + 1000);
    const refusedWith = [{ notBefore: after }, { expiresAt: now }, { revokedAt: now }];
    for (const validity of refusedWith) {
      const keyFor = () => withValidity(pair.publicKey, validity);
      await assert.rejects(
        verifyDetached(body, signature, checking(pair, { keyFor })),
        refused('SIGNATURE_KEY_NOT_VALID', '/kid'),
      );
    }
    // Expired between signing and arrival: still accepted, so a rotation loses no message under way.
    const keyFor = () =>
      withValidity(pair.publicKey, {
        notBefore: now,
        expiresAt: after,
        revokedAt: new Date(now.getTime() + 9e5),
      });
    await verifyDetached(body, signature, checking(pair, { keyFor, now: new Date(now.getTime() + 60_000) }));
  });

  it('refuses another audience, method or target', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(body, signing(pair));
    const check = (change: Partial<VerifyDetachedOptions>) =>
      verifyDetached(body, signature, checking(pair, change));
    await assert.rejects(check({ audience: 'bank-b' }), refused('SIGNATURE_AUDIENCE_MISMATCH', '/aud'));
    await assert.rejects(check({ method: 'PUT' }), refused('SIGNATURE_TARGET_MISMATCH', '/htm'));
    for (const target of [
      '/v1/payments',
      '/v1/payments?dry=2',
      '/v1/Payments?dry=1',
      '/v1//payments?dry=1',
    ]) {
      await assert.rejects(check({ target }), refused('SIGNATURE_TARGET_MISMATCH', '/htu'));
    }
  });

  it('checks in the order of spec/signing.md 3.3 when everything is wrong at once', async () => {
    const pair = await pairOf('ES256');
    const signature = await signDetached(flip(body, 0), signing(pair));
    const day = new Date(now.getTime() + 86_400_000);
    const wrong: VerifyDetachedOptions = {
      keyFor: () => undefined,
      audience: 'x',
      method: 'PUT',
      target: '/',
      now: day,
    };
    const repairs: [SigningErrorCode, Partial<VerifyDetachedOptions>][] = [
      ['SIGNATURE_KEY_UNKNOWN', { keyFor: () => withValidity(pair.publicKey, { revokedAt: now }) }],
      ['SIGNATURE_STALE', { now }],
      ['SIGNATURE_KEY_NOT_VALID', { keyFor: () => pair.publicKey }],
      ['SIGNATURE_AUDIENCE_MISMATCH', { audience: request.audience }],
      ['SIGNATURE_TARGET_MISMATCH', { method: request.method, target: request.target }],
    ];
    let options = wrong;
    for (const [code, repair] of repairs) {
      await assert.rejects(verifyDetached(body, signature, options), refused(code));
      options = { ...options, ...repair };
    }
    await assert.rejects(verifyDetached(body, signature, options), refused('SIGNATURE_INVALID'));
  });
});

describe('signDetached', () => {
  it('refuses to sign what a receiver would refuse', async () => {
    const pair = await pairOf('ES256');
    const changes: Partial<SignDetachedOptions>[] = [
      { target: 'https://switch.example/v1' },
      { target: '/a"b c' },
      { method: 'post' },
      { issuer: 'bank "a"' },
      { audience: '' },
      { jti: 'x' },
      { idempotencyKey: 'today' },
      { issuedAt: new Date(Number.NaN) },
    ];
    for (const change of changes) {
      await assert.rejects(signDetached(body, signing(pair, change)), refused('SIGNATURE_MALFORMED'));
    }
  });

  it('keeps a quote or a backslash of the target intact', async () => {
    const pair = await pairOf('ES256');
    const target = '/v1/codes?x="\\"';
    const signature = await signDetached(body, signing(pair, { target }));
    await verifyDetached(body, signature, checking(pair, { target }));
  });
});

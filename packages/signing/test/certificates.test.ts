import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { generateSigningKey } from '@barlink/signing';
import {
  type Authority,
  assertRequestFits,
  createAuthority,
  createCertificateRequest,
  encodePem,
  findIssuer,
  generateTlsKey,
  openAuthority,
  readCertificate,
  readRevocationList,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';
import { isDer } from '../src/certificates/der.ts';
import { makeAuthority, makeCertificate, now, publicKeyOf } from './certificate-fixture.ts';
import { useOpenssl } from './openssl.ts';

describe('the operator’s authority', () => {
  let authority: Authority;
  before(async () => {
    authority = await makeAuthority();
  });

  it('issues what its profile says (spec/certificates.md 1.2)', async () => {
    const { certificate } = await makeCertificate(authority);
    assert.equal(certificate.subject, 'bank-north');
    assert.deepEqual(certificate.hosts, ['bank.example', '127.0.0.1']);
    assert.equal(certificate.notBefore.toISOString(), '2026-11-23T09:55:00.000Z');
    assert.equal(certificate.notAfter.toISOString(), '2027-02-21T10:00:00.000Z');
    assert.match(certificate.thumbprint, /^[\w-]{43}$/);
    const node = new X509Certificate(certificate.pem);
    assert.equal(node.ca, false);
    assert.match(node.subjectAltName ?? '', /URI:urn:barlink:participant:bank-north/);
    assert.equal(findIssuer(certificate.pem, authority.certificatePem), authority.certificatePem);
  });

  it('gives random serial numbers of 128 bits', async () => {
    const serials = await Promise.all(
      Array.from({ length: 20 }, async () => (await makeCertificate(authority)).certificate.serial),
    );
    assert.equal(new Set(serials).size, serials.length);
    assert.ok(serials.every((serial) => serial.length <= 32 && serial.length >= 28));
  });

  for (const days of [0, 398, 1.5]) {
    it(`refuses ${days} days: CERTIFICATE_VALIDITY_INVALID`, async () => {
      await assert.rejects(makeCertificate(authority, { days }), { code: 'CERTIFICATE_VALIDITY_INVALID' });
    });
  }

  it('issues nothing that outlives it', async () => {
    const at = new Date(authority.notAfter.getTime() - 30 * 24 * 3600_000);
    await assert.rejects(makeCertificate(authority, { at }), { code: 'CERTIFICATE_VALIDITY_INVALID' });
  });

  it('is refused with another one’s key: AUTHORITY_INVALID', async () => {
    const { certificatePem } = await createAuthority({ name: 'A', now });
    await assert.rejects(openAuthority({ certificatePem, privateKeyPem: generateTlsKey() }), {
      code: 'AUTHORITY_INVALID',
    });
  });

  it('cannot be a participant’s certificate: AUTHORITY_INVALID, CERTIFICATE_USE_FORBIDDEN', async () => {
    const { certificate, privateKeyPem } = await makeCertificate(authority);
    await assert.rejects(openAuthority({ certificatePem: certificate.pem, privateKeyPem }), {
      code: 'AUTHORITY_INVALID',
    });
    assert.throws(() => readCertificate(authority.certificatePem), { code: 'CERTIFICATE_USE_FORBIDDEN' });
  });

  it('is told from an authority of the same name: CERTIFICATE_ISSUER_UNTRUSTED', async () => {
    const { certificate } = await makeCertificate(await makeAuthority());
    assert.throws(() => findIssuer(certificate.pem, authority.certificatePem), {
      code: 'CERTIFICATE_ISSUER_UNTRUSTED',
    });
  });

  it('refuses what is no certificate: CERTIFICATE_MALFORMED', async () => {
    const { certificate } = await makeCertificate(authority);
    const cut = certificate.pem.split('\n').toSpliced(3, 2).join('\n');
    for (const text of ['', 'hello', cut, certificate.pem.replaceAll('CERTIFICATE', 'X')]) {
      assert.throws(() => readCertificate(text), { code: 'CERTIFICATE_MALFORMED' });
    }
  });
});

describe('a certificate request', () => {
  const privateKeyPem = generateTlsKey();
  const hosts = ['bank.example'];
  const make = (options: object = {}) =>
    createCertificateRequest({ participantId: 'bank-north', hosts, privateKeyPem, ...options });
  const registered = { participantId: 'bank-north', hosts, otherKeys: new Set<string>() };

  it('says who asks, for which hosts and with which key', async () => {
    const request = await verifyCertificateRequest(await make());
    assert.equal(request.subject, 'bank-north');
    assert.deepEqual(request.hosts, hosts);
    assert.deepEqual(Buffer.from(request.publicKey), publicKeyOf(privateKeyPem));
    assertRequestFits(request, registered);
  });

  it('is refused when any byte of it was changed', async () => {
    const der = Buffer.from((await make()).replaceAll(/-----.*-----|\n/g, ''), 'base64');
    for (let at = 0; at < der.length; at += 1) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const pem = encodePem('CERTIFICATE REQUEST', changed);
      const refused = await verifyCertificateRequest(pem).then(
        () => `byte ${at} was accepted`,
        (error: { code?: string }) => error.code ?? String(error),
      );
      assert.match(refused, /^CERTIFICATE_(?:REQUEST_(?:MALFORMED|UNPROVED)|KEY_FORBIDDEN)$/);
    }
  });

  it('proves nothing with the signature of another key: CERTIFICATE_REQUEST_UNPROVED', async () => {
    const text = await make();
    const der = Buffer.from(text.replaceAll(/-----.*-----|\n/g, ''), 'base64');
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const pem = encodePem('CERTIFICATE REQUEST', der);
    await assert.rejects(verifyCertificateRequest(pem), { code: 'CERTIFICATE_REQUEST_UNPROVED' });
  });

  it('is not two requests, none, or something else: CERTIFICATE_REQUEST_MALFORMED', async () => {
    const text = await make();
    for (const bad of ['', 'x', text + text, text.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')]) {
      await assert.rejects(verifyCertificateRequest(bad), { code: 'CERTIFICATE_REQUEST_MALFORMED' });
    }
  });

  it('is for the participant itself: CERTIFICATE_SUBJECT_MISMATCH', async () => {
    const request = await verifyCertificateRequest(await make({ participantId: 'bank-south' }));
    assert.throws(() => assertRequestFits(request, registered), { code: 'CERTIFICATE_SUBJECT_MISMATCH' });
  });

  it('names only hosts that are registered: CERTIFICATE_NAME_FORBIDDEN', async () => {
    const request = await verifyCertificateRequest(await make({ hosts: ['bank.example', 'other.example'] }));
    assert.throws(() => assertRequestFits(request, registered), { code: 'CERTIFICATE_NAME_FORBIDDEN' });
  });

  it('has a key of its own: CERTIFICATE_KEY_REUSED for a key that signs messages', async () => {
    const key = await generateSigningKey('ES256');
    const { d, x, y, crv, kty } = key.exportPrivateJwk();
    const { createPrivateKey } = await import('node:crypto');
    const pem = createPrivateKey({ key: { d, x, y: y ?? '', crv, kty }, format: 'jwk' }).export({
      format: 'pem',
      type: 'pkcs8',
    });
    const request = await verifyCertificateRequest(await make({ privateKeyPem: pem.toString() }));
    assert.equal(request.keyThumbprint, key.kid);
    assert.throws(() => assertRequestFits(request, { ...registered, otherKeys: new Set([key.kid]) }), {
      code: 'CERTIFICATE_KEY_REUSED',
    });
  });
});

describe('certificates and openssl', () => {
  const openssl = useOpenssl();
  let authority: Authority;
  before(async () => {
    authority = await makeAuthority();
    openssl.write('ca.pem', authority.certificatePem);
  });

  it('openssl accepts a certificate, and refuses it when it is on the list', async () => {
    const { certificate } = await makeCertificate(authority);
    openssl.write('good.pem', certificate.pem);
    const at = ['-attime', String(now.getTime() / 1000 + 3600).replace(/\..*/, '')];
    for (const [name, serials] of [
      ['empty.pem', []],
      ['one.pem', [certificate.serial]],
    ] as const) {
      const revoked = serials.map((serial) => ({ serial, at: now, reason: 'keyCompromise' as const }));
      const list = await authority.signRevocationList({ revoked, number: 7, now });
      openssl.write(name, list.pem);
    }
    const verify = (list: string, purpose: string) =>
      openssl.run(
        'verify',
        '-x509_strict',
        '-crl_check',
        '-CAfile',
        'ca.pem',
        '-CRLfile',
        list,
        '-purpose',
        purpose,
        ...at,
        'good.pem',
      );
    assert.match(verify('empty.pem', 'sslclient'), /good\.pem: OK/);
    assert.match(verify('empty.pem', 'sslserver'), /good\.pem: OK/);
    assert.throws(() => verify('one.pem', 'sslclient'), /certificate revoked/);
    assert.match(
      openssl.run('crl', '-in', 'one.pem', '-noout', '-crlnumber', '-text'),
      /crlNumber=0x07[\s\S]*Key Compromise/,
    );
  });

  it('a name outside of the authority’s constraints is refused by openssl', async () => {
    const constraints = { dns: ['pay.example'], networks: ['10.0.0.0/8'] };
    const bounded = await openAuthority(await createAuthority({ name: 'Bounded CA', now, constraints }));
    openssl.write('bounded.pem', bounded.certificatePem);
    const verify = async (hosts: string[]) => {
      openssl.write('leaf.pem', (await makeCertificate(bounded, { hosts })).certificate.pem);
      return openssl.run(
        'verify',
        '-attime',
        String(Math.floor(now.getTime() / 1000)),
        '-CAfile',
        'bounded.pem',
        'leaf.pem',
      );
    };
    assert.match(await verify(['bank.pay.example', '10.1.2.3']), /OK/);
    await assert.rejects(verify(['bank.example']), /permitted subtree violation/);
    await assert.rejects(verify(['192.168.1.1']), /permitted subtree violation/);
  });

  for (const [name, args] of [
    ['EC P-256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']],
    ['EC P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']],
    ['RSA 2048', ['-newkey', 'rsa:2048']],
  ] as const) {
    it(`a request that openssl made with ${name} gets a certificate`, async () => {
      openssl.run(
        'req',
        '-new',
        ...args,
        '-nodes',
        '-keyout',
        'key.pem',
        '-out',
        'req.pem',
        '-subj',
        '/CN=bank-north',
        '-addext',
        'subjectAltName=DNS:bank.example',
      );
      const { readFileSync } = await import('node:fs');
      const request = await verifyCertificateRequest(readFileSync(openssl.path('req.pem'), 'utf8'));
      assert.deepEqual([request.subject, request.hosts], ['bank-north', ['bank.example']]);
      const { publicKey } = request;
      const made = await authority.issue({ participantId: 'bank-north', hosts: [], publicKey, now });
      assert.equal(made.keyThumbprint, request.keyThumbprint);
    });
  }

  for (const [what, code, ...args] of [
    ['RSA of 1024 bits', 'CERTIFICATE_KEY_FORBIDDEN', '-newkey', 'rsa:1024'],
    ['an Ed448 key', 'CERTIFICATE_KEY_FORBIDDEN', '-newkey', 'ed448'],
    [
      'a curve that is spelled out',
      'CERTIFICATE_KEY_FORBIDDEN',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-pkeyopt',
      'ec_param_enc:explicit',
    ],
    ['a SHA-1 signature', 'CERTIFICATE_REQUEST_UNPROVED', '-newkey', 'rsa:2048', '-sha1'],
    [
      'the wish to be an authority',
      'CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN',
      '-newkey',
      'rsa:2048',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ],
    [
      'a mail address',
      'CERTIFICATE_NAME_FORBIDDEN',
      '-newkey',
      'rsa:2048',
      '-addext',
      'subjectAltName=email:a@b.example',
    ],
    [
      'another participant’s urn',
      'CERTIFICATE_NAME_FORBIDDEN',
      '-newkey',
      'rsa:2048',
      '-addext',
      'subjectAltName=URI:urn:barlink:participant:bank-south',
    ],
  ] as const) {
    it(`refuses a request with ${what}: ${code}`, async () => {
      openssl.run(
        'req',
        '-new',
        ...args,
        '-nodes',
        '-keyout',
        'k.pem',
        '-out',
        'r.pem',
        '-subj',
        '/CN=bank-north',
      );
      const { readFileSync } = await import('node:fs');
      await assert.rejects(verifyCertificateRequest(readFileSync(openssl.path('r.pem'), 'utf8')), { code });
    });
  }

  it('reads its own lists, and refuses strange, changed and old ones: REVOCATION_LIST_INVALID', async () => {
    const revoked = [{ serial: 'ab12', at: now, reason: 'unspecified' as const }];
    const list = await authority.signRevocationList({ revoked, number: 300, now });
    const options = { authorityPem: authority.certificatePem, now };
    for (const bytes of [list.der, Buffer.from(list.pem)]) {
      assert.deepEqual([...(await readRevocationList(bytes, options)).serials], ['ab12']);
    }
    const code = 'REVOCATION_LIST_INVALID';
    const changed = Buffer.from(list.der);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const stranger = await (await makeAuthority()).signRevocationList({ revoked, number: 1, now });
    for (const bytes of [
      changed,
      stranger.der,
      Buffer.from('x'),
      new Uint8Array(0),
      list.der.subarray(0, 40),
    ]) {
      await assert.rejects(readRevocationList(bytes, options), { code });
    }
    const late = { ...options, now: new Date(now.getTime() + 8 * 24 * 3600_000) };
    await assert.rejects(readRevocationList(list.der, late), { code });
  });
});

describe('isDer', () => {
  for (const [says, hex, expected] of [
    ['takes a value that fills its bytes', '3003020101', true],
    ['refuses a rest', '300302010100', false],
    ['refuses a part that ends after its whole', '3003020201', false],
    ['refuses a part that ends before its whole', '300402010100', false],
    ['refuses a long length where a short one does', '30810302010100', false],
    ['refuses a length without end', '30800201010000', false],
    ['refuses nothing at all', '', false],
  ] as const) {
    it(says, () => assert.equal(isDer(Buffer.from(hex, 'hex')), expected));
  }
});

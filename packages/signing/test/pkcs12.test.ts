import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importPkcs12 } from '@barlink/signing/certificates';
import { useOpenssl } from './openssl.ts';

describe('importPkcs12', () => {
  const openssl = useOpenssl();
  const kinds = { rsa: ['rsa:2048'], ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] } as const;

  before(() => {
    openssl.run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=Bank CA',
    );
    for (const [kind, args] of Object.entries(kinds)) {
      openssl.run(
        'req',
        '-new',
        '-newkey',
        ...args,
        '-nodes',
        '-keyout',
        `${kind}.key`,
        '-out',
        `${kind}.csr`,
        '-subj',
        '/CN=bank-north',
      );
      openssl.run(
        'x509',
        '-req',
        '-in',
        `${kind}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-out',
        `${kind}.pem`,
      );
    }
  });

  const pack = (kind: string, name: string, ...args: readonly string[]) => {
    openssl.run(
      'pkcs12',
      '-export',
      '-inkey',
      `${kind}.key`,
      '-in',
      `${kind}.pem`,
      '-certfile',
      'ca.pem',
      '-passout',
      'pass:geheim é',
      '-out',
      name,
      ...args,
    );
    return readFileSync(openssl.path(name));
  };
  /** An old openssl, or one without its legacy provider, cannot make every kind of file. */
  const packOrSkip = (test: Mocha.Context, ...args: Parameters<typeof pack>) => {
    try {
      return pack(...args);
    } catch (error) {
      console.log(`      skipped: this openssl does not make such a file (${String(error).split('\n')[0]})`);
      return test.skip();
    }
  };

  for (const kind of ['rsa', 'ec'] as const) {
    for (const [seal, ...args] of [
      ['AES-256 with PBKDF2 (modern)'],
      ['3DES and RC2 (legacy)', '-legacy'],
      ['3DES', '-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
      ['AES-128 and a SHA-512 MAC', '-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha512'],
    ] as const) {
      it(`opens ${kind.toUpperCase()} under ${seal}`, function open() {
        const { privateKeyPem, certificatePem, chainPem } = importPkcs12(
          packOrSkip(this, kind, 'file.p12', ...args),
          'geheim é',
        );
        const certificate = new X509Certificate(certificatePem);
        assert.ok(certificate.checkPrivateKey(createPrivateKey(privateKeyPem)));
        assert.equal(certificate.subject, 'CN=bank-north');
        assert.deepEqual(
          chainPem.map((pem) => new X509Certificate(pem).subject),
          ['CN=Bank CA'],
        );
      });
    }
  }

  for (const args of [[], ['-legacy']]) {
    it(`refuses a wrong password (${args.join() || 'modern'}): PKCS12_PASSWORD_WRONG`, function refuse() {
      const bytes = packOrSkip(this, 'rsa', 'file.p12', ...args);
      for (const password of ['wrong', '']) {
        assert.throws(() => importPkcs12(bytes, password), { code: 'PKCS12_PASSWORD_WRONG' });
      }
    });
  }

  it('refuses what is no such file: PKCS12_MALFORMED', () => {
    const bytes = pack('rsa', 'file.p12');
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      bytes.subarray(0, 100),
      Buffer.from('300330010a', 'hex'),
    ]) {
      assert.throws(() => importPkcs12(bad, 'geheim é'), { code: 'PKCS12_MALFORMED' });
    }
  });

  it('refuses a file without key or certificate: PKCS12_KEY_MISSING, PKCS12_CERTIFICATE_MISSING', () => {
    const noKey = pack('rsa', 'nokey.p12', '-nokeys');
    assert.throws(() => importPkcs12(noKey, 'geheim é'), { code: 'PKCS12_KEY_MISSING' });
    openssl.run(
      'pkcs12',
      '-export',
      '-nocerts',
      '-inkey',
      'rsa.key',
      '-passout',
      'pass:x',
      '-out',
      'nocert.p12',
    );
    const noCertificate = readFileSync(openssl.path('nocert.p12'));
    assert.throws(() => importPkcs12(noCertificate, 'x'), { code: 'PKCS12_CERTIFICATE_MISSING' });
  });

  it('says so when it does not know the seal: PKCS12_ALGORITHM_UNSUPPORTED', function unknown() {
    const bytes = packOrSkip(this, 'rsa', 'camellia.p12', '-keypbe', 'CAMELLIA-256-CBC', '-certpbe', 'NONE');
    assert.throws(() => importPkcs12(bytes, 'geheim é'), { code: 'PKCS12_ALGORITHM_UNSUPPORTED' });
  });

  it('refuses a weak key: CERTIFICATE_KEY_FORBIDDEN', () => {
    openssl.run(
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      'weak.key',
      '-out',
      'weak.pem',
      '-subj',
      '/CN=weak',
    );
    assert.throws(() => importPkcs12(pack('weak', 'weak.p12'), 'geheim é'), {
      code: 'CERTIFICATE_KEY_FORBIDDEN',
    });
  });
});

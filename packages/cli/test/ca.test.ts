import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readCertificate, readRevocationList } from '@barlink/signing/certificates';
import { barlink, useFolder } from './command.ts';

describe('barlink ca and csr', function () {
  this.timeout(120_000);
  const path = useFolder();
  const ca = (...args: string[]) => barlink(['ca', ...args, '--folder', path('ca')]);
  const csr = (id: string, ...args: string[]) =>
    barlink(['csr', '--participant', id, '--key', path(`${id}.key`), '-o', path(`${id}.csr`), ...args]);

  it('make an authority, a request, a certificate, and revoke it', async () => {
    const made = await ca('init', '--name', 'Test CA');
    assert.equal(made.exit, 0, made.err);
    assert.equal(statSync(path('ca/ca.key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(path('ca')).mode & 0o777, 0o700);
    assert.equal((await csr('bank-north', '--host', 'bank.example')).exit, 0);
    assert.equal(statSync(path('bank-north.key')).mode & 0o777, 0o600);
    const args = ['--participant', 'bank-north', '--host', 'bank.example', '-o', path('bank-north.pem')];
    const issued = await ca('issue', path('bank-north.csr'), ...args);
    assert.equal(issued.exit, 0, issued.err);
    const certificate = readCertificate(readFileSync(path('bank-north.pem'), 'utf8'));
    const authorityPem = readFileSync(path('ca/ca.cert.pem'), 'utf8');
    assert.ok(new X509Certificate(certificate.pem).checkIssued(new X509Certificate(authorityPem)));
    const revoke = () => ca('revoke', certificate.serial, '--reason', 'keyCompromise');
    assert.equal((await revoke()).exit, 0);
    assert.match((await revoke()).err, /revoked already.*CLI_OPTION_INVALID/);
    for (const name of ['list.pem', 'list.crl']) {
      assert.equal((await ca('crl', '-o', path(name))).exit, 0);
      const list = await readRevocationList(readFileSync(path(name)), { authorityPem, now: new Date() });
      assert.equal(list.serials.size, 1);
    }
  });

  it('refuse what does not fit, by code', async () => {
    await csr('bank-south', '--host', 'other.example');
    const other = await ca('issue', path('bank-south.csr'), '--participant', 'bank-north');
    assert.equal(other.exit, 1);
    assert.match(other.err, /CERTIFICATE_SUBJECT_MISMATCH/);
    const host = await ca('issue', path('bank-south.csr'), '--participant', 'bank-south');
    assert.match(host.err, /CERTIFICATE_NAME_FORBIDDEN/);
    assert.match((await ca('init', '--name', 'Again')).err, /CLI_FILE_EXISTS/);
    assert.match((await ca('revoke', 'abcd')).err, /not issued here/);
    chmodSync(path('ca/ca.key.pem'), 0o644);
    assert.match((await ca('crl')).err, /KEY_FILE_EXPOSED/);
    chmodSync(path('ca/ca.key.pem'), 0o600);
  });
});

describe('barlink keys import', function () {
  this.timeout(120_000);
  const path = useFolder();
  it('opens a PKCS #12 file into files for their owner', async function () {
    try {
      const subject = ['-nodes', '-keyout', path('k'), '-out', path('c'), '-subj', '/CN=bank'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject], { stdio: 'pipe' });
      const packed = ['-inkey', path('k'), '-in', path('c'), '-passout', 'pass:open', '-out', path('b.p12')];
      execFileSync('openssl', ['pkcs12', '-export', ...packed], { stdio: 'pipe' });
    } catch {
      console.log('      skipped: there is no openssl command here');
      this.skip();
    }
    writeFileSync(path('pw'), 'open\n', { mode: 0o600 });
    const args = [
      'keys',
      'import',
      '--p12',
      path('b.p12'),
      '--key',
      path('out.key'),
      '--cert',
      path('out.pem'),
    ];
    const done = await barlink([...args, '--password-file', path('pw')]);
    assert.equal(done.exit, 0, done.err);
    assert.equal(statSync(path('out.key')).mode & 0o777, 0o600);
    assert.match(readFileSync(path('out.key'), 'utf8'), /BEGIN PRIVATE KEY/);
    writeFileSync(path('pw2'), 'wrong', { mode: 0o600 });
    assert.match((await barlink([...args, '--password-file', path('pw2')])).err, /PKCS12_PASSWORD_WRONG/);
  });
});

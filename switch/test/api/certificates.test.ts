import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import {
  type Authority,
  createCertificateRequest,
  generateTlsKey,
  readRevocationList,
} from '@barlink/signing/certificates';
import { startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';
import { issueFor, makeAuthority, tlsOf } from '../support/test-authority.ts';

const pathOf = (id: string) => `/admin/v1/participants/${id}/certificates`;

function requestFor(id: string, options: object = {}): Promise<string> {
  const usual = { participantId: id, hosts: ['127.0.0.1'], privateKeyPem: generateTlsKey() };
  return createCertificateRequest({ ...usual, ...options });
}

/** The PEM of a signing key's private part. */
function pemOf(key: SigningKey): string {
  const { d, x, y = '', crv, kty } = key.exportPrivateJwk();
  const made = createPrivateKey({ key: { d, x, y, crv, kty }, format: 'jwk' });
  return made.export({ format: 'pem', type: 'pkcs8' }).toString();
}

describe('certificates by the operator', () => {
  let network: TestNetwork;
  let authority: Authority;
  let foreign: Authority;
  const offer = (id: string, body: object) => network.switch.operator.send('POST', pathOf(id), body);

  before(async () => {
    authority = await makeAuthority();
    foreign = await makeAuthority('Bank CA');
    const tls = tlsOf(await issueFor(authority, 'barlink-switch'), authority);
    const both = { ...tls, ca: `${tls.ca}${foreign.certificatePem}` };
    network = await startNetwork({ authority, tls: both });
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  it('are issued for a participant’s request and shown in its row', async () => {
    const { id } = network.bank;
    const { status, body } = await offer(id, { request: await requestFor(id), days: 30 });
    assert.equal(status, 201);
    const certificate = new X509Certificate(body.certificate);
    assert.ok(certificate.verify(new X509Certificate(authority.certificatePem).publicKey));
    assert.equal(certificate.subject, `CN=${id}`);
    assert.match(body.authorities, /^-----BEGIN CERTIFICATE-----/);
    const row = await network.switch.operator.send('GET', `/admin/v1/participants/${id}`);
    const [shown] = row.body.certificates;
    assert.deepEqual([shown.thumbprint, shown.notAfter], [body.thumbprint, body.notAfter]);
    const listed = await network.switch.operator.send('GET', pathOf(id));
    assert.deepEqual(listed.body.certificates, row.body.certificates);
  });

  it('are the same when the same request is sent again', async () => {
    const { id } = network.otherBank;
    const message = { request: await requestFor(id) };
    const idempotencyKey = (await import('../support/sender.ts')).newUuid7();
    const send = () => network.switch.operator.send('POST', pathOf(id), message, { idempotencyKey });
    const [first, again] = [await send(), await send()];
    assert.equal(again.body.thumbprint, first.body.thumbprint);
    assert.equal(network.switch.composed.certificates.list(id).length, 1);
  });

  it('that another trusted authority has issued are entered', async () => {
    const { certificate } = await issueFor(foreign, 'Whatever the bank is called');
    const { status, body } = await offer(network.wallet.id, { certificate: certificate.pem });
    assert.equal(status, 201);
    assert.equal(body.thumbprint, certificate.thumbprint);
    assertRefused(await offer(network.wallet.id, { certificate: certificate.pem }), {
      code: 'PARTICIPANT_CERTIFICATE_EXISTS',
    });
  });

  it('are on the revocation list once they are revoked, with the reason', async () => {
    const { id } = network.otherWallet;
    const { body } = await offer(id, { request: await requestFor(id) });
    const revoke = () =>
      network.switch.operator.send('POST', `${pathOf(id)}/${body.thumbprint}/revoke`, {
        reason: 'keyCompromise',
      });
    assert.equal((await revoke()).status, 200);
    const list = await waitForList((serials) => serials.has(body.serial.replace(/^(?:00)+(?=..)/, '')));
    assert.ok(list);
    const [row] = network.switch.composed.certificates.list(id);
    assert.equal(row?.revocationReason, 'keyCompromise');
    assertRefused(await revoke(), { code: 'PARTICIPANT_CERTIFICATE_UNKNOWN' });
  });

  async function waitForList(holds: (serials: ReadonlySet<string>) => boolean): Promise<boolean> {
    for (let tries = 0; tries < 200; tries += 1) {
      const response = await fetch(`${network.switch.url}/v1/crl`);
      assert.equal(response.headers.get('content-type'), 'application/pkix-crl');
      const der = new Uint8Array(await response.arrayBuffer());
      const options = { authorityPem: authority.certificatePem, now: new Date() };
      if (holds((await readRevocationList(der, options)).serials)) {
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  const refused: readonly {
    readonly it: string;
    readonly code: string;
    readonly path?: string;
    readonly send: () => Promise<Received>;
  }[] = [
    {
      it: 'a participant nobody knows',
      code: 'PARTICIPANT_UNKNOWN',
      send: async () => offer('bank-none', { request: await requestFor('bank-none') }),
    },
    {
      it: 'what is no request',
      code: 'CERTIFICATE_REQUEST_MALFORMED',
      send: () => offer(network.bank.id, { request: 'hello' }),
    },
    {
      it: 'a request for another participant',
      code: 'CERTIFICATE_SUBJECT_MISMATCH',
      send: async () => offer(network.bank.id, { request: await requestFor(network.otherBank.id) }),
    },
    {
      it: 'a host that is not registered',
      code: 'CERTIFICATE_NAME_FORBIDDEN',
      send: async () => {
        const request = await requestFor(network.bank.id, { hosts: ['switch.example'] });
        return offer(network.bank.id, { request });
      },
    },
    {
      it: 'the key that signs its messages',
      code: 'CERTIFICATE_KEY_REUSED',
      send: async () => {
        const privateKeyPem = pemOf(network.bank.key);
        return offer(network.bank.id, { request: await requestFor(network.bank.id, { privateKeyPem }) });
      },
    },
    {
      it: 'the code key of somebody else',
      code: 'CERTIFICATE_KEY_REUSED',
      send: async () => {
        const privateKeyPem = pemOf(network.acquirer.codeKey);
        return offer(network.bank.id, { request: await requestFor(network.bank.id, { privateKeyPem }) });
      },
    },
    {
      it: 'a certificate of an authority nobody trusts',
      code: 'CERTIFICATE_ISSUER_UNTRUSTED',
      send: async () => {
        const { certificate } = await issueFor(await makeAuthority(), network.bank.id);
        return offer(network.bank.id, { certificate: certificate.pem });
      },
    },
    {
      it: 'a certificate of another participant',
      code: 'CERTIFICATE_SUBJECT_MISMATCH',
      send: async () => {
        const { certificate } = await issueFor(authority, network.otherBank.id);
        return offer(network.bank.id, { certificate: certificate.pem });
      },
    },
    {
      it: 'a certificate whose time is over',
      code: 'CERTIFICATE_VALIDITY_INVALID',
      send: async () => {
        const now = new Date(Date.now() - 10 * 24 * 3600_000);
        const { certificate } = await issueFor(foreign, network.bank.id, { days: 1, now });
        return offer(network.bank.id, { certificate: certificate.pem });
      },
    },
    {
      it: 'an authority itself',
      code: 'CERTIFICATE_USE_FORBIDDEN',
      send: () => offer(network.bank.id, { certificate: authority.certificatePem }),
    },
    {
      it: 'what is no certificate',
      code: 'CERTIFICATE_MALFORMED',
      send: () => offer(network.bank.id, { certificate: 'hello' }),
    },
    {
      it: 'a request for 398 days',
      code: 'MESSAGE_MEMBER_INVALID',
      path: '/days',
      send: async () => offer(network.bank.id, { request: await requestFor(network.bank.id), days: 398 }),
    },
  ];
  for (const { it: says, send, ...expected } of refused) {
    it(`are refused for ${says}: ${expected.code}`, async () => {
      assertRefused(await send(), expected);
    });
  }

  it('keep their keys from signing: CERTIFICATE_KEY_REUSED', async () => {
    const key = await generateSigningKey('ES256');
    const { id } = network.acquirer;
    const request = await requestFor(id, { privateKeyPem: pemOf(key) });
    assert.equal((await offer(id, { request })).status, 201);
    const added = await network.switch.operator.send('POST', `/admin/v1/participants/${id}/keys`, {
      jwk: key.publicJwk,
      use: 'messages',
    });
    assertRefused(added, { code: 'CERTIFICATE_KEY_REUSED' });
    const registered = await network.switch.operator.send('POST', '/admin/v1/participants', {
      participantId: 'bank-new',
      name: 'New',
      number: '000077',
      roles: ['issuer'],
      url: 'http://127.0.0.1:1',
      keys: [{ jwk: key.publicJwk, use: 'messages' }],
      netDebitCaps: [yuan(1)],
    });
    assertRefused(registered, { code: 'CERTIFICATE_KEY_REUSED' });
  });
});

describe('a switch without an authority', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startNetwork();
  });
  after(() => network.stop());

  it('issues nothing: CERTIFICATE_AUTHORITY_MISSING', async () => {
    const { id } = network.bank;
    const answer = await network.switch.operator.send('POST', pathOf(id), { request: await requestFor(id) });
    assertRefused(answer, { code: 'CERTIFICATE_AUTHORITY_MISSING' });
  });

  it('has no list to serve', async () => {
    assert.equal((await fetch(`${network.switch.url}/v1/crl`)).status, 404);
  });

  it('refuses to be told of certificates: TLS_HEADER_FORBIDDEN', async () => {
    const headers = { 'client-cert': ':AAAA:' };
    const answer = await network.bank.send('GET', '/v1/positions', undefined, { headers });
    assertRefused(answer, { code: 'TLS_HEADER_FORBIDDEN', isUnsigned: true });
  });
});

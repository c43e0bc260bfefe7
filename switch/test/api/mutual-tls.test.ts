import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import type { Authority } from '@barlink/signing/certificates';
import { readConfig } from '../../src/config.ts';
import { assertRefused } from '../support/refusals.ts';
import { createSender, type Sender } from '../support/sender.ts';
import { startSwitch, type TestSwitch } from '../support/start-switch.ts';
import { fetchWith, issueFor, makeAuthority, type TlsIdentity, tlsOf } from '../support/test-authority.ts';

const ids = ['wallet-jade', 'wallet-river'] as const;
const mutual = { tls: { ...readConfig({}).tls, mode: 'mutual' as const } };
const closers: (() => Promise<void>)[] = [];

interface Tenant {
  readonly id: string;
  readonly key: SigningKey;
  readonly identity: TlsIdentity;
  readonly sender: Sender;
}

async function register(running: TestSwitch, id: string, number: string): Promise<SigningKey> {
  const key = await generateSigningKey('ES256');
  const answer = await running.operator.send('POST', '/admin/v1/participants', {
    participantId: id,
    name: id,
    number,
    roles: ['wallet'],
    url: 'https://127.0.0.1:1',
    keys: [{ jwk: key.publicJwk, use: 'messages' }],
    netDebitCaps: [],
  });
  assert.equal(answer.status, 201, answer.text);
  return key;
}

/** Connections with one certificate, closed after the tests. */
function connectionsOf(identity: TlsIdentity | undefined, authority: Authority): typeof globalThis.fetch {
  const made = fetchWith(identity, authority);
  closers.push(made.close);
  return made.fetch;
}

async function enter(running: TestSwitch, id: string, { certificate }: TlsIdentity): Promise<void> {
  const path = `/admin/v1/participants/${id}/certificates`;
  const answer = await running.operator.send('POST', path, { certificate: certificate.pem });
  assert.equal(answer.status, 201, answer.text);
}

async function revoke(running: TestSwitch, id: string, { certificate }: TlsIdentity): Promise<void> {
  const path = `/admin/v1/participants/${id}/certificates/${certificate.thumbprint}/revoke`;
  const answer = await running.operator.send('POST', path, { reason: 'superseded' });
  assert.equal(answer.status, 200, answer.text);
}

describe('mutual TLS', () => {
  let authority: Authority;
  let running: TestSwitch;
  let tenants: readonly Tenant[];
  let clockAheadMs = 0;
  const read = (sender: Sender) => sender.send('GET', '/v1/positions');
  const senderOver = (
    { id, key }: Pick<Tenant, 'id' | 'key'>,
    identity: TlsIdentity | undefined,
    by: Authority = authority,
  ) => createSender({ id, key, url: running.url, fetch: connectionsOf(identity, by) });

  before(async () => {
    authority = await makeAuthority();
    const operator = await issueFor(authority, 'operator');
    running = await startSwitch({
      authority,
      settings: mutual,
      tls: tlsOf(await issueFor(authority, 'barlink-switch'), authority),
      fetch: connectionsOf(operator, authority),
      now: () => new Date(Date.now() + clockAheadMs),
    });
    await running.composed.certificates.bootstrap('operator', operator.certificate.pem);
    tenants = await Promise.all(
      ids.map(async (id, at) => {
        const key = await register(running, id, `00002${at}`);
        const identity = await issueFor(authority, id);
        await enter(running, id, identity);
        return { id, key, identity, sender: senderOver({ id, key }, identity) };
      }),
    );
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
    await running.stop();
    assert.deepEqual(running.faults, []);
  });

  const tenant = (at: 0 | 1): Tenant => tenants[at] as Tenant;

  it('takes a message over the sender’s own certificate', async () => {
    assert.equal((await read(tenant(0).sender)).status, 200);
    assert.equal((await read(tenant(1).sender)).status, 200);
  });

  it('speaks TLS 1.3 and nothing older', async () => {
    const { identity } = tenant(0);
    const port = Number(new URL(running.url).port);
    const shown = { cert: identity.certificate.pem, key: identity.key, ca: authority.certificatePem };
    const socket = connect({ host: '127.0.0.1', port, ...shown });
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    socket.destroy();
    const old = connect({ host: '127.0.0.1', port, ...shown, maxVersion: 'TLSv1.2' });
    const [error] = await once(old, 'error');
    assert.match(String(error), /protocol version|EPROTO/);
  });

  it('lets nobody in without a certificate, or with a stranger’s', async () => {
    const stranger = await makeAuthority();
    const self = await issueFor(stranger, tenant(0).id);
    for (const identity of [undefined, self]) {
      await assert.rejects(read(senderOver(tenant(0), identity)), /fetch failed|closed|ECONNRESET/);
    }
  });

  it('refuses one participant’s certificate with another’s signature: TLS_CERTIFICATE_MISMATCH', async () => {
    const crossed = senderOver(tenant(1), tenant(0).identity);
    const answer = await read(crossed);
    assertRefused(answer, { code: 'TLS_CERTIFICATE_MISMATCH' });
    assert.ok(answer.isSigned);
    const operators = senderOver(tenant(0), tenant(1).identity);
    assertRefused(await operators.send('GET', '/admin/v1/participants'), {
      code: 'TLS_CERTIFICATE_MISMATCH',
    });
  });

  it('refuses a certificate that nobody has entered: TLS_CERTIFICATE_UNKNOWN', async () => {
    const unentered = await issueFor(authority, tenant(0).id);
    assertRefused(await read(senderOver(tenant(0), unentered)), {
      code: 'TLS_CERTIFICATE_UNKNOWN',
      isUnsigned: true,
    });
  });

  it('refuses to be told of certificates by a header: TLS_HEADER_FORBIDDEN', async () => {
    const headers = { 'client-cert': `:${Buffer.from('x').toString('base64')}:` };
    const answer = await tenant(0).sender.send('GET', '/v1/positions', undefined, { headers });
    assertRefused(answer, { code: 'TLS_HEADER_FORBIDDEN', isUnsigned: true });
  });

  it('refuses a revoked certificate on connections that are open, and no new ones: TLS_CERTIFICATE_REVOKED', async () => {
    const identity = await issueFor(authority, tenant(0).id);
    await enter(running, tenant(0).id, identity);
    const open = senderOver(tenant(0), identity);
    assert.equal((await read(open)).status, 200);
    await revoke(running, tenant(0).id, identity);
    assertRefused(await read(open), { code: 'TLS_CERTIFICATE_REVOKED', isUnsigned: true });
    // The listener takes the new list without a restart; sessions kept from before do not get past it either.
    let last: unknown;
    for (let tries = 0; tries < 100 && !/fetch failed|closed|ECONNRESET/.test(String(last)); tries += 1) {
      last = await read(senderOver(tenant(0), identity)).catch((error: unknown) => error);
    }
    assert.match(String(last), /fetch failed|closed|ECONNRESET/);
    assert.equal((await read(tenant(0).sender)).status, 200);
  });

  it('refuses a resumed session whose certificate was revoked meanwhile: TLS_CERTIFICATE_REVOKED', async () => {
    const identity = await issueFor(authority, tenant(0).id);
    await enter(running, tenant(0).id, identity);
    const port = Number(new URL(running.url).port);
    const shown = { cert: identity.certificate.pem, key: identity.key, ca: authority.certificatePem };
    const first = connect({ host: '127.0.0.1', port, ...shown });
    let session: Buffer | undefined;
    first.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    assert.match(await askOver(first), /SIGNATURE_MISSING/);
    first.destroy();
    assert.ok(session);
    await revoke(running, tenant(0).id, identity);
    const again = connect({ host: '127.0.0.1', port, ...shown, session });
    let isReused = false;
    again.on('secureConnect', () => {
      isReused = again.isSessionReused();
    });
    const answer = await askOver(again).catch((error: unknown) => String(error));
    again.destroy();
    // Where the ticket is still taken the handshake does not see the list: the register stops the request.
    assert.match(answer, isReused ? /TLS_CERTIFICATE_REVOKED/ : /ECONNRESET|revoked|closed/);
  });

  async function askOver(socket: ReturnType<typeof connect>): Promise<string> {
    socket.write('GET /v1/positions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
    }
    const answer = Buffer.concat(chunks).toString();
    return answer === '' ? 'closed' : answer;
  }

  it('refuses an expired certificate on connections that are open: TLS_CERTIFICATE_EXPIRED', async () => {
    const identity = await issueFor(authority, tenant(0).id, { days: 1 });
    await enter(running, tenant(0).id, identity);
    const open = senderOver(tenant(0), identity);
    assert.equal((await read(open)).status, 200);
    clockAheadMs = 25 * 3600_000;
    const answer = await read(open).finally(() => {
      clockAheadMs = 0;
    });
    assertRefused(answer, { code: 'TLS_CERTIFICATE_EXPIRED', isUnsigned: true });
  });

  it('refuses a suspended participant over its own certificate: SENDER_SUSPENDED', async () => {
    const act = (action: string) =>
      running.operator.send('POST', `/admin/v1/participants/${tenant(1).id}/${action}`, {});
    await act('suspend');
    assertRefused(await read(tenant(1).sender), { code: 'SENDER_SUSPENDED' });
    await act('resume');
    assert.equal((await read(tenant(1).sender)).status, 200);
  });

  it('takes the switch’s new certificate without a restart', async () => {
    const renewed = await issueFor(authority, 'barlink-switch');
    await running.composed.renewTls(tlsOf(renewed, authority));
    const { identity } = tenant(0);
    const port = Number(new URL(running.url).port);
    const shown = { cert: identity.certificate.pem, key: identity.key, ca: authority.certificatePem };
    const socket = connect({ host: '127.0.0.1', port, ...shown });
    await once(socket, 'secureConnect');
    const serial = socket.getPeerX509Certificate()?.serialNumber.toLowerCase() ?? '';
    socket.destroy();
    assert.equal(BigInt(`0x${serial}`), BigInt(`0x${renewed.certificate.serial}`));
    assert.equal((await read(tenant(1).sender)).status, 200);
  });

  it('shows health, the list and documents of codes, and nothing else, on its public port', async () => {
    running.composed.publicServer.listen(0, '127.0.0.1');
    await once(running.composed.publicServer, 'listening');
    const { port } = running.composed.publicServer.address() as AddressInfo;
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    assert.deepEqual(
      [await status('/v1/crl'), await status('/health/ready'), await status('/metrics')],
      [200, 200, 200],
    );
    assert.deepEqual([await status('/v1/keys'), await status('/v1/positions')], [404, 404]);
    // Phones have no certificate; this code is unknown, but it was looked for.
    const answer = await fetch(`http://127.0.0.1:${port}/c/${'0'.repeat(16)}`);
    assert.match(await answer.text(), /CODE_PAYLOAD_UNKNOWN/);
  });
});

describe('TLS that ends in a proxy', () => {
  let authority: Authority;
  let running: TestSwitch;
  let key: SigningKey;
  let identity: TlsIdentity;
  const start = async (proxies: readonly string[]) => {
    const config = readConfig({ BARLINK_TLS: 'proxy', BARLINK_TLS_PROXIES: proxies.join() });
    const operator = await issueFor(authority, 'operator');
    const told = told64(operator);
    const withHeader = ((url: string, init: RequestInit) =>
      fetch(url, { ...init, headers: { ...init.headers, 'client-cert': told } })) as typeof fetch;
    const made = await startSwitch({
      authority,
      settings: { tls: config.tls },
      tls: tlsOf(operator, authority),
      fetch: withHeader,
    });
    await made.composed.certificates.bootstrap('operator', operator.certificate.pem);
    return made;
  };
  const told64 = ({ certificate }: TlsIdentity) => `:${certificate.pem.replaceAll(/-----.*-----|\n/g, '')}:`;
  const read = (headers: Readonly<Record<string, string>>) =>
    createSender({ id: 'wallet-jade', key, url: running.url }).send('GET', '/v1/positions', undefined, {
      headers,
    });

  before(async () => {
    authority = await makeAuthority();
    running = await start(['127.0.0.1']);
    key = await register(running, 'wallet-jade', '000021');
    identity = await issueFor(authority, 'wallet-jade');
    await enter(running, 'wallet-jade', identity);
  });
  after(() => running.stop());

  it('is believed about certificates', async () => {
    assert.equal((await read({ 'client-cert': told64(identity) })).status, 200);
  });

  it('must say which certificate it saw: TLS_CERTIFICATE_MISSING', async () => {
    assertRefused(await read({}), { code: 'TLS_CERTIFICATE_MISSING', isUnsigned: true });
  });

  it('says it in one form: TLS_HEADER_FORBIDDEN', async () => {
    for (const told of ['', 'x', ':x', told64(identity).slice(1), `${told64(identity)}, :AAAA:`]) {
      assertRefused(await read({ 'client-cert': told }), { code: 'TLS_HEADER_FORBIDDEN', isUnsigned: true });
    }
  });

  it('does not make one participant of another: TLS_CERTIFICATE_MISMATCH, TLS_CERTIFICATE_UNKNOWN', async () => {
    const other = await issueFor(authority, 'wallet-jade');
    assertRefused(await read({ 'client-cert': told64(other) }), {
      code: 'TLS_CERTIFICATE_UNKNOWN',
      isUnsigned: true,
    });
    const operators = await issueFor(authority, 'operator');
    await enter(running, 'operator', operators);
    assertRefused(await read({ 'client-cert': told64(operators) }), { code: 'TLS_CERTIFICATE_MISMATCH' });
  });

  it('is believed from its own address only: TLS_HEADER_FORBIDDEN', async () => {
    const elsewhere = await start(['10.1.2.3']);
    const sender = createSender({ id: 'wallet-jade', key, url: elsewhere.url });
    const headers = { 'client-cert': told64(identity) };
    const answer = await sender.send('GET', '/v1/positions', undefined, { headers });
    await elsewhere.stop();
    assertRefused(answer, { code: 'TLS_HEADER_FORBIDDEN', isUnsigned: true });
  });
});

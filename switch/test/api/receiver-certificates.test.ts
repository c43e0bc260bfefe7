import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { generateSigningKey } from '@barlink/signing';
import type { Authority } from '@barlink/signing/certificates';
import { Client } from 'pg';
import { readConfig } from '../../src/config.ts';
import { makeToken } from '../support/network.ts';
import { joinNetwork, type ParticipantDouble } from '../support/participant-double.ts';
import { assertRefused } from '../support/refusals.ts';
import { startSwitch, type TestSwitch } from '../support/start-switch.ts';
import { fetchWith, issueFor, makeAuthority, type TlsIdentity, tlsOf } from '../support/test-authority.ts';

const mutual = { tls: { ...readConfig({}).tls, mode: 'mutual' as const } };

describe('receivers over mutual TLS (spec/certificates.md 5.1)', () => {
  const closers: (() => Promise<void>)[] = [];
  let authority: Authority;
  let running: TestSwitch;
  let wallet: ParticipantDouble;
  let otherIdentity: TlsIdentity;

  before(async () => {
    authority = await makeAuthority();
    const operator = await issueFor(authority, 'operator');
    running = await startSwitch({
      authority,
      settings: mutual,
      tls: tlsOf(await issueFor(authority, 'barlink-switch'), authority),
      fetch: carry(operator),
    });
    await running.composed.certificates.bootstrap('operator', operator.certificate.pem);
    wallet = (await join('wallet-jade', { number: '000021', role: 'wallet' })).double;
    otherIdentity = (await join('bank-south', { number: '000012', role: 'issuer' })).identity;
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
    await running.stop();
    const codes = new Set(running.faults.map((fault) => (fault as { readonly code?: unknown }).code));
    assert.deepEqual(codes, new Set(['TOKEN_ISSUER_UNAVAILABLE']));
  });

  function carry(identity: TlsIdentity): typeof globalThis.fetch {
    const made = fetchWith(identity, authority);
    closers.push(made.close);
    return made.fetch;
  }

  async function enter(id: string, { certificate }: TlsIdentity): Promise<void> {
    const path = `/admin/v1/participants/${id}/certificates`;
    const answer = await running.operator.send('POST', path, { certificate: certificate.pem });
    assert.equal(answer.status, 201, answer.text);
  }

  /** A participant with a certificate that is entered; its receiver shows that one, or another one. */
  async function join(
    id: string,
    { number, role, shown }: { number: string; role: string; shown?: TlsIdentity },
  ): Promise<{ readonly double: ParticipantDouble; readonly identity: TlsIdentity }> {
    const identity = await issueFor(authority, id);
    const { cert, key, ca } = tlsOf(shown ?? identity, authority);
    const double = await joinNetwork(running, {
      id,
      number,
      roles: [role],
      tls: { cert, key, ca, requestCert: true },
      fetch: carry(identity),
    });
    closers.push(double.close);
    await enter(id, identity);
    return { double, identity };
  }

  it('are called when the certificate they show is entered for them', async () => {
    const { double } = await join('bank-north', { number: '000011', role: 'issuer' });
    const { tokenId } = await makeToken(wallet, double);
    assert.ok(tokenId);
    assert.deepEqual(
      double.received.map(({ path }) => path),
      ['/token-approvals'],
    );
  });

  it('are not called when they show the certificate of another participant', async () => {
    const shown = otherIdentity;
    const { double } = await join('bank-east', { number: '000013', role: 'issuer', shown });
    await assert.rejects(makeToken(wallet, double), /TOKEN_ISSUER_UNAVAILABLE/);
    assert.deepEqual(double.received, []);
  });

  it('are not called when nobody has entered what they show, and are as soon as it is entered', async () => {
    const shown = await issueFor(authority, 'bank-west');
    const { double } = await join('bank-west', { number: '000014', role: 'issuer', shown });
    await assert.rejects(makeToken(wallet, double), /TOKEN_ISSUER_UNAVAILABLE/);
    assert.deepEqual(double.received, []);
    await enter('bank-west', shown);
    assert.ok((await makeToken(wallet, double)).tokenId);
  });

  it('are not called any more over connections whose certificate was revoked', async () => {
    const { double, identity } = await join('bank-lake', { number: '000015', role: 'issuer' });
    assert.ok((await makeToken(wallet, double)).tokenId);
    const path = `/admin/v1/participants/bank-lake/certificates/${identity.certificate.thumbprint}/revoke`;
    assert.equal((await running.operator.send('POST', path, { reason: 'keyCompromise' })).status, 200);
    let last: unknown;
    for (let tries = 0; tries < 200 && last === undefined; tries += 1) {
      last = await makeToken(wallet, double, { account: `62220210011162457${tries}` }).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    assert.match(String(last), /TOKEN_ISSUER_UNAVAILABLE/);
  });

  it('are not registered where they would be called in clear: PARTICIPANT_URL_INSECURE', async () => {
    const key = await generateSigningKey('ES256');
    const registration = {
      participantId: 'bank-clear',
      name: 'Clear',
      number: '000016',
      roles: ['issuer'],
      url: 'http://127.0.0.1:1',
      keys: [{ jwk: key.publicJwk, use: 'messages' }],
      netDebitCaps: [],
    };
    const register = (url: string) =>
      running.operator.send('POST', '/admin/v1/participants', { ...registration, url });
    for (const url of ['http://127.0.0.1:1', 'HTTP://127.0.0.1:1']) {
      assertRefused(await register(url), { code: 'PARTICIPANT_URL_INSECURE', path: '/url' });
    }
    assert.equal((await register('HTTPS://127.0.0.1:1')).status, 201);
  });

  it('that were registered before are not called in clear', async () => {
    const { double } = await join('bank-old', { number: '000017', role: 'issuer' });
    const clear = await listenInClear();
    const { port } = clear.server.address() as AddressInfo;
    // As it was entered when the network had no TLS.
    const client = new Client({ connectionString: running.database.url });
    await client.connect();
    const url = `http://127.0.0.1:${port}`;
    await client.query('update participants set url = $1 where participant_id = $2', [url, 'bank-old']);
    await client.end();
    await untilRegisterIsRead(() => running.composed.participants.get('bank-old').url.startsWith('http:'));
    await assert.rejects(makeToken(wallet, double), /TOKEN_ISSUER_UNAVAILABLE/);
    assert.equal(clear.connections(), 0);
    clear.server.close();
  });
});

async function listenInClear(): Promise<{ readonly server: Server; connections(): number }> {
  let connections = 0;
  const server = createServer();
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, connections: () => connections };
}

async function untilRegisterIsRead(isRead: () => boolean): Promise<void> {
  while (!isRead()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

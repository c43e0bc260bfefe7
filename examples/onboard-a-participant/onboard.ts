// A wallet joins a network that asks for mutual TLS: authority, request, certificate, first message.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKey, loadTls, prepareTls, startSwitch } from '@barlink/conformance';
import { createOperator, createWallet } from '@barlink/sdk';
import { generateSigningKey } from '@barlink/signing';
import { createCertificateRequest, generateTlsKey } from '@barlink/signing/certificates';

// 1. The operator makes its authority and starts a switch that lets nobody in without a certificate of it.
const folder = mkdtempSync(join(tmpdir(), 'barlink-onboard-'));
chmodSync(folder, 0o755);
const started = await startSwitch({ folder, port: 0, settings: await prepareTls(folder) });
const switchUrl = started.url;
const operator = createOperator({
  switchUrl,
  participantId: 'operator',
  key: await loadKey(folder, 'operator'),
  tls: await loadTls(folder, 'operator'),
});

try {
  // 2. The wallet makes two keys, which never leave it: one signs its messages, the other is for TLS alone.
  const participantId = 'wallet-new';
  const key = await generateSigningKey('ES256');
  const privateKeyPem = generateTlsKey();
  const request = await createCertificateRequest({ participantId, hosts: ['127.0.0.1'], privateKeyPem });

  // 3. The operator registers it, and has the switch's authority sign a certificate for its request.
  await operator.register({
    participantId,
    name: 'New Wallet',
    number: '200009',
    roles: ['wallet'],
    url: 'https://127.0.0.1:9443',
    keys: [{ jwk: key.publicJwk, use: 'messages' }],
    netDebitCaps: [],
  });
  const issued = await operator.issueCertificate(participantId, { request, days: 90 });
  console.log(`${participantId} has a certificate until ${issued.notAfter.toISOString().slice(0, 10)}.`);

  // 4. Over its own certificate the wallet is heard.
  const tls = { cert: issued.certificate, key: privateKeyPem, ca: issued.authorities };
  const wallet = createWallet({ switchUrl, participantId, key, tls });
  console.log(`It asks for its positions and has ${(await wallet.positions()).length}.`);

  // 5. Once the certificate is revoked it is not, whatever connection it uses.
  const { thumbprint } = issued;
  await operator.revokeCertificate(participantId, { thumbprint, reason: 'superseded' });
  const refused = await wallet.positions().then(
    () => 'heard',
    (error: { claimedCode?: string; code: string }) => error.claimedCode ?? error.code,
  );
  console.log(`With the revoked certificate: ${refused}.`);
  await wallet.close();
  if (refused === 'heard') {
    throw new Error('A revoked certificate was taken.');
  }
} finally {
  await operator.close();
  await started.stop();
  rmSync(folder, { recursive: true, force: true });
}

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetchTransport, createWallet, type TransportAnswer } from '@barlink/sdk';
import { importJwks, importVerificationKey, verifyAnswer } from '@barlink/signing';
import { writeSecretFile } from '@barlink/signing/keystore';
import { createTestDatabase, makeSoftToken, missingForSoftToken, type TestDatabase } from '@barlink/testing';
import { createNetwork, loadKey, type Network, type SwitchProcess, startSwitch } from '../src/index.ts';

const wanted = { token: 'barlink network', key: 'switch', pin: '271828' };

describe('a switch whose signing key lies in a PKCS #11 token', function () {
  this.timeout(60_000);
  let token: ReturnType<typeof makeSoftToken> | undefined;
  let folder: string;
  let database: TestDatabase | undefined;
  let running: SwitchProcess | undefined;
  let network: Network | undefined;

  before(async function skipWithoutToken() {
    const missing = missingForSoftToken();
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'barlink-token-switch-'));
    token = makeSoftToken(wanted);
    const pinFile = join(folder, 'token', 'pin');
    await writeSecretFile(pinFile, `${wanted.pin}\n`);
    database = await createTestDatabase({ migrations: [] });
    const settings = {
      ...token.environment,
      BARLINK_TOKEN_LIBRARY: token.library,
      BARLINK_TOKEN_LABEL: wanted.token,
      BARLINK_TOKEN_KEY: wanted.key,
      BARLINK_TOKEN_PIN_FILE: pinFile,
    };
    running = await startSwitch({ folder, port: 0, databaseUrl: database.url, settings });
    network = await createNetwork({ folder, switchUrl: running.url });
  });
  after(async () => {
    await network?.close();
    await running?.stop();
    await database?.drop();
    token?.remove();
    if (folder !== undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('pays, and the key in the token has signed the answer', async () => {
    assert.ok(network && running && token);
    const answers: { readonly request: string; readonly answer: TransportAnswer }[] = [];
    const line = createFetchTransport(running.url);
    const wallet = createWallet({
      switchUrl: running.url,
      participantId: 'wallet-jade',
      key: await loadKey(folder, 'wallet-jade'),
      transport: {
        ...line,
        async send(request) {
          const answer = await line.send(request);
          if (request.path === '/v1/payments') {
            answers.push({ request: request.headers['barlink-signature'] ?? '', answer });
          }
          return answer;
        },
      },
    });
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
    const { text } = (await teahouse?.dynamicCode({ amountMinor: 990n, reference: 'HSM-1' })) ?? { text: '' };
    assert.equal((await wallet.pay({ payload: text, tokenId })).state, 'captured');

    const inToken = await importVerificationKey(token.publicJwk);
    const published = await importJwks(await (await fetch(`${running.url}/v1/keys`)).json());
    assert.deepEqual([...published.keys()], [inToken.kid]);
    const [paid] = answers;
    assert.ok(paid);
    await verifyAnswer(paid.answer.body, paid.answer.signature ?? '', {
      keyFor: (kid) => (kid === inToken.kid ? inToken : undefined),
      issuer: 'barlink-switch',
      audience: 'wallet-jade',
      requestId: jtiOf(paid.request),
      status: paid.answer.status,
      now: new Date(),
    });
    await wallet.close();
  });

  it('leaves no signing key in a file', () => {
    assert.deepEqual(
      readdirSync(join(folder, 'keys')).filter((name) => /^switch.*\.json$/.test(name)),
      [],
    );
  });
});

/** The id of a signed request: its answer is bound to it. */
function jtiOf(signature: string): string {
  const [header = ''] = signature.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).jti;
}

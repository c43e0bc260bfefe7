import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createEvidence, generateSigningKey, signDetached } from '@barlink/signing';
import { barlink, useFolder } from './command.ts';

describe('barlink verify with an evidence bundle', function () {
  this.timeout(60_000);
  const file = useFolder();
  let kid = '';
  before(async () => {
    const switchKey = await generateSigningKey('ES256');
    const walletKey = await generateSigningKey('ES256');
    kid = switchKey.kid;
    const body = Buffer.from('{"amount":"12.50"}');
    const at = new Date('2026-11-23T12:00:00Z');
    const bound = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
    const about = { sender: 'wallet-jade', receiver: 'barlink-switch', receivedAt: at.toISOString() };
    const bundle = await createEvidence({
      key: switchKey,
      issuer: 'barlink-switch',
      issuedAt: at,
      subject: 'payment-1',
      messages: [
        {
          kind: 'request',
          ...about,
          method: bound.method,
          target: bound.target,
          signature: await signDetached(body, {
            key: walletKey,
            issuer: 'wallet-jade',
            ...bound,
            issuedAt: at,
          }),
          body: body.toString('base64url'),
        },
        { kind: 'withheld', ...about },
      ],
      isComplete: false,
      keys: [{ participantId: 'wallet-jade', publicJwk: walletKey.publicJwk }],
      switchKeys: [switchKey.publicJwk],
    });
    const changed = JSON.stringify(bundle).replace('wallet-jade', 'wallet-pearl');
    await writeFile(file('bundle.json'), JSON.stringify(bundle));
    await writeFile(file('changed.json'), changed);
    await writeFile(file('keys.json'), JSON.stringify({ keys: [switchKey.publicJwk] }));
    await writeFile(file('wallet.key.json'), JSON.stringify(walletKey.exportPrivateJwk()));
  });

  it('says who said what when, with the keys from a file or one named', async () => {
    const shown = await barlink(['verify', file('bundle.json'), '--switch-keys', file('keys.json')]);
    assert.equal(shown.exit, 0, shown.err);
    assert.match(shown.out, /verified: 2 messages about payment-1/);
    assert.match(
      shown.out,
      /wallet-jade, key[\s\S]*POST \/v1\/payments[\s\S]*"amount":"12\.50"[\s\S]*withheld/,
    );
    const json = await barlink(['verify', file('bundle.json'), `--switch-kid=${kid}`, '--json']);
    const { status, isComplete, messages } = JSON.parse(json.out);
    assert.deepEqual(
      [json.exit, status, isComplete, messages[0].body],
      [0, 'verified', false, '{"amount":"12.50"}'],
    );
  });

  it('finds a changed bundle, and believes no bundle about itself', async () => {
    const changed = await barlink(['verify', file('changed.json'), `--switch-kid=${kid}`, '--json']);
    assert.equal(changed.exit, 1);
    assert.equal(JSON.parse(changed.out).error.code, 'EVIDENCE_MESSAGES_CHANGED');
    const stranger = await barlink(['verify', file('bundle.json'), '--switch-kid', 'A'.repeat(43), '--json']);
    assert.equal(JSON.parse(stranger.out).error.code, 'SIGNATURE_KEY_UNKNOWN');
    const untrusted = await barlink(['verify', file('bundle.json'), '--json']);
    assert.deepEqual([untrusted.exit, JSON.parse(untrusted.out).error.code], [2, 'CLI_OPTION_MISSING']);
  });

  it('is told when the switch does not answer to an export', async () => {
    const out = await barlink([
      'evidence',
      'export',
      'payment-1',
      '--switch',
      'http://127.0.0.1:9',
      '--participant',
      'wallet-jade',
      '--key',
      file('wallet.key.json'),
    ]);
    assert.equal(out.exit, 3);
    assert.match(out.err, /CLI_SWITCH_UNREACHABLE/);
  });

  it('has keys made for a switch that takes them up later', async () => {
    const made = ['keys', 'new', '--out', file('switch-next.json'), '--not-before'];
    assert.equal((await barlink([...made, 'soon'])).exit, 2);
    const { exit, err } = await barlink([...made, '2027-01-01T00:00:00Z']);
    assert.equal(exit, 0, err);
    const { nbf, d } = JSON.parse(await readFile(file('switch-next.json'), 'utf8'));
    assert.deepEqual([nbf, typeof d], [Date.parse('2027-01-01T00:00:00Z') / 1000, 'string']);
  });
});

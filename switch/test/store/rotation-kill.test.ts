import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  createMessage,
  createToken,
  createTokenFixture,
  createUse,
  type TokenFixture,
  vaultKey,
} from './token-fixture.ts';

describe('a rotation whose process is killed (spec/tokens.md 1.3)', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  it('is taken up by another one where it stopped, and payments go on', async function () {
    this.timeout(60_000);
    const made = await Promise.all(Array.from({ length: 150 }, () => createToken(fixture)));
    const at = fixture.clock.now();
    const ordered = createMessage('operator', {
      method: 'POST',
      target: '/admin/v1/vault/rotations',
      body: {},
      at,
    });
    const { rotationId } = JSON.parse((await fixture.rotation.order(ordered)).body) as { rotationId: string };
    const script = fileURLToPath(new URL('../support/rotation-process.ts', import.meta.url));
    const args = ['--import=tsx', script, fixture.url, Buffer.from(vaultKey).toString('hex')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let standing = await fixture.rotation.get(rotationId);
    while (standing.resealed < 3n && child.exitCode === null) {
      standing = await fixture.rotation.get(rotationId);
    }
    child.kill('SIGKILL');
    assert.deepEqual((await ended)[1], 'SIGKILL', 'it was killed before it was done');
    const left = await fixture.rotation.get(rotationId);
    assert.ok(left.remaining > 0n && left.finishedAt === undefined);
    assert.equal(left.resealed + left.remaining, 150n);
    const uses = made.map(({ tokenId }) => fixture.uses.useToken(tokenId, createUse()));
    await fixture.rotation.work();
    assert.ok((await Promise.all(uses)).every(({ account }) => account === '6222021001116245702'));
    const done = await fixture.rotation.get(rotationId);
    assert.deepEqual([done.resealed, done.remaining, done.finishedAt], [150n, 0n, at]);
  });
});

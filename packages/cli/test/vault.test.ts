import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { generateSigningKey } from '@barlink/signing';
import { barlink, useFolder } from './command.ts';

describe('barlink vault', function () {
  this.timeout(60_000);
  const file = useFolder();
  const client = () => ['--url', 'http://127.0.0.1:9', '--id', 'operator', '--key', file('operator.json')];
  before(async () => {
    const key = await generateSigningKey('ES256');
    await writeFile(file('operator.json'), JSON.stringify(key.exportPrivateJwk()));
  });

  for (const command of [['rotate'], ['progress', '0193a1c4-0000-7000-8000-000000000000']]) {
    it(`is told when the switch does not answer: ${command[0]}`, async () => {
      const { exit, out } = await barlink(['vault', ...command, ...client(), '--json']);
      assert.deepEqual([exit, JSON.parse(out).error.code], [3, 'CLI_SWITCH_UNREACHABLE']);
    });
  }

  it('asks for the operator\u2019s key', async () => {
    const { exit, err } = await barlink([
      'vault',
      'rotate',
      '--url',
      'http://127.0.0.1:9',
      '--id',
      'operator',
    ]);
    assert.equal(exit, 2);
    assert.match(err, /--key <file>/);
  });
});

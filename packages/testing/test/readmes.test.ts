import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase } from '../src/index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A program in a README and what the README says it prints. */
interface Program {
  readonly readme: string;
  readonly source: string;
  readonly prints: string;
}

describe('the programs in the READMEs of packages', () => {
  it('print what the READMEs say', async function () {
    this.timeout(120_000);
    const programs = await listPrograms();
    assert.ok(programs.length >= 4, 'READMEs with a program');
    for (const program of programs) {
      assert.equal(await run(program), program.prints, program.readme);
    }
  });
});

async function listPrograms(): Promise<readonly Program[]> {
  const names = await readdir(join(root, 'packages'));
  const programs: Program[] = [];
  for (const name of names) {
    const readme = `packages/${name}/README.md`;
    const text = await readFile(join(root, readme), 'utf8').catch(() => '');
    for (const [, source = '', prints = ''] of text.matchAll(/```ts\n([^`]+)```\n\n```text\n([^`]+)```/g)) {
      programs.push({ readme, source, prints });
    }
  }
  return programs;
}

/** @returns what the program wrote to standard output, standing where its package's imports resolve. */
async function run(program: Program): Promise<string> {
  const folder = await mkdtemp(join(root, '.readme-'));
  const database = await createTestDatabase({ migrations: [] });
  try {
    await writeFile(join(folder, 'program.mts'), program.source);
    const child = spawn(process.execPath, ['--import=tsx', join(folder, 'program.mts')], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [exitCode] = await once(child, 'close');
    assert.equal(exitCode, 0, `${program.readme}: the program failed`);
    return output;
  } finally {
    await database.drop();
    await rm(folder, { recursive: true });
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether the openssl command is there to check us against; tests that need it skip without it. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** A folder for files that openssl and we exchange; gone when the test file ends. */
export function useOpenssl(): {
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  run(...parts: readonly string[]): string;
} {
  let folder = '';
  before(function skipWithoutOpenssl() {
    if (!hasOpenssl()) {
      console.log('      skipped: there is no openssl command here');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'barlink-openssl-'));
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));
  return {
    path: (name) => join(folder, name),
    write: (name, content) => {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    },
    run: (...parts) => execFileSync('openssl', parts, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }),
  };
}

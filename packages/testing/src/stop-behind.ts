import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { FindPostgresOptions } from '@barlink/postgres';

/**
 * Stops the server behind a process that ends without doing so (a failed hook, a test runner that forces its
 * end): another process gives the server back in its place, unless others still use it.
 *
 * @returns a function that calls this off, for a process that stopped the server itself.
 */
export function stopBehind(options: FindPostgresOptions): () => void {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve('@barlink/postgres')).href;
  const script = `
    const { findPostgres } = await import(${JSON.stringify(entry)});
    await (await findPostgres(${JSON.stringify(options)})).stop();
  `;
  const stop = () => {
    const parameters = ['--input-type=module', '-e', script];
    spawn(process.execPath, parameters, { detached: true, stdio: 'ignore' }).unref();
  };
  process.once('exit', stop);
  return () => process.off('exit', stop);
}

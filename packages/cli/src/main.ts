import { run } from './run.ts';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
// Whoever reads our answer may stop reading: `barlink ... | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
  signal: stop.signal,
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, startSwitch } from '@barlink/conformance';

// `npm run examples`: a network of its own on a free port in a temporary folder, then every example on it.
// A code may be a text or the URL of one: the same wallet pays both.
const stories = [
  { example: 'pay-a-merchant-code/pay.ts', code: 'poster' },
  { example: 'pay-a-merchant-code/pay.ts', code: 'url' },
  { example: 'accept-a-payer-code/accept.ts', code: 'poster' },
  { example: 'limit-a-token/limit.ts', code: 'poster' },
  { example: 'connect-an-acquirer/connect.ts', code: 'poster' },
  { example: 'onboard-a-participant/onboard.ts', code: 'poster' },
  { example: 'watch-the-log/watch.ts', code: 'poster' },
  { example: 'verify-evidence/verify.ts', code: 'poster' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'barlink-examples-'));
chmodSync(folder, 0o755);
const started = await startSwitch({ folder, port: await findFreePort() });
try {
  const network = await createNetwork({ folder, switchUrl: started.url });
  try {
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    const codes = {
      poster: await teahouse?.staticCode(),
      url: await teahouse?.dynamicCode({ amountMinor: 1250n, form: 'url' }),
    };
    for (const { example, code } of stories) {
      process.stdout.write(`\n== ${example} (${code})\n`);
      await run(example, {
        BARLINK_URL: started.url,
        BARLINK_FOLDER: folder,
        BARLINK_CODE: codes[code]?.text ?? '',
      });
    }
  } finally {
    await network.close();
  }
} finally {
  await started.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run(example: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, example)], {
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  const timer = setTimeout(() => child.kill(), 60_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) {
    process.stdout.write(`${example} failed\n`);
    process.exitCode = 1;
  }
}

/** The switch has to know its port before it starts: the URLs of codes hold it. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

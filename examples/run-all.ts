import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, startSwitch } from '@barlink/conformance';

// `npm run examples`: a network of its own on a free port in a temporary folder, then every example on it.
const examples = [
  'pay-a-merchant-code/pay.ts',
  'accept-a-payer-code/accept.ts',
  'limit-a-token/limit.ts',
  'connect-an-acquirer/connect.ts',
  'onboard-a-participant/onboard.ts',
  'watch-the-log/watch.ts',
  'verify-evidence/verify.ts',
];

const folder = mkdtempSync(join(tmpdir(), 'barlink-examples-'));
chmodSync(folder, 0o755);
const started = await startSwitch({ folder, port: 0 });
try {
  const network = await createNetwork({ folder, switchUrl: started.url });
  try {
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    const poster = await teahouse?.staticCode();
    for (const example of examples) {
      process.stdout.write(`\n== ${example}\n`);
      await run(example, {
        BARLINK_URL: started.url,
        BARLINK_FOLDER: folder,
        BARLINK_CODE: poster?.text ?? '',
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

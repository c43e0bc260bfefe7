import { createOperator, type VaultRotation } from '@barlink/sdk';
import type { Command } from 'commander';
import { type ClientSettings, clientOptions, readClient, rethrowUnreached } from './client-settings.ts';
import type { Action } from './code-commands.ts';
import { exitCodes } from './exit-code.ts';
import { type Io, print, printJson } from './io.ts';

interface RotationSettings extends ClientSettings {
  readonly wait?: true;
  readonly json?: true;
}

type Operator = ReturnType<typeof createOperator>;

/** `barlink vault rotate|progress`. */
export function addVaultCommands(program: Command, io: Io, end: Action): void {
  const vault = program.command('vault').description('change the key that account numbers are sealed with');
  const options = (command: Command) =>
    clientOptions(command, 'the operator')
      .option('--wait', 'until all accounts are sealed with the new key')
      .option('--json', 'answer in JSON');
  options(
    vault.command('rotate').description('make a new key and seal all accounts with it, beside payments'),
  )
    .addHelpText(
      'after',
      `
Example:
  $ barlink vault rotate --url https://switch.example --id operator --key operator.json --wait

The switch goes on by itself, whether anyone waits or not. The old key is destroyed an hour later at the
earliest.`,
    )
    .action((settings: RotationSettings) =>
      follow((operator) => operator.rotateVault(), { settings, io, end }),
    );
  options(vault.command('progress').argument('<rotation>', 'id that `rotate` said'))
    .description('how many accounts are sealed with the new key, and how many wait')
    .addHelpText(
      'after',
      `
Example:
  $ barlink vault progress 0193a1c4-0000-7000-8000-000000000000 --url https://switch.example \\
      --id operator --key operator.json`,
    )
    .action((rotationId: string, settings: RotationSettings) =>
      follow((operator) => operator.vaultRotation(rotationId), { settings, io, end }),
    );
}

/** Says how a rotation stands, and with `--wait` each time that it stands elsewhere; in JSON the end only. */
async function follow(
  begin: (operator: Operator) => Promise<VaultRotation>,
  context: { readonly settings: RotationSettings; readonly io: Io; readonly end: Action },
): Promise<void> {
  const { settings, io, end } = context;
  const operator = createOperator(await readClient(settings, io));
  const rethrow = rethrowUnreached('--url');
  try {
    let rotation = await begin(operator).catch(rethrow);
    let shown = settings.json ? undefined : show(rotation, io);
    while (settings.wait && rotation.state !== 'finished') {
      if (await isStopped(io)) {
        end(exitCodes.interrupted);
        break;
      }
      rotation = await operator.vaultRotation(rotation.rotationId).catch(rethrow);
      if (!settings.json && lineOf(rotation) !== shown) {
        shown = show(rotation, io);
      }
    }
    if (settings.json) {
      const { resealed, remaining } = rotation;
      printJson(io, { ...rotation, resealed: `${resealed}`, remaining: `${remaining}` });
    }
  } finally {
    await operator.close();
  }
}

function show(rotation: VaultRotation, io: Io): string {
  const line = lineOf(rotation);
  print(io, line);
  return line;
}

function lineOf({ rotationId, state, resealed, remaining }: VaultRotation): string {
  return `rotation ${rotationId}: ${state}, ${resealed} accounts sealed anew, ${remaining} wait`;
}

/** A second until the next look; true when Ctrl-C came first. */
function isStopped({ signal }: Io): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve(signal.aborted);
    }, 1000);
    signal.addEventListener('abort', stop, { once: true });
  });
}

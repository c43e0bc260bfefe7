import { SdkError } from '@barlink/sdk';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { type Io, readJson } from './io.ts';
import { readSigningKey } from './key-commands.ts';

/** Options of a command that speaks to a switch. */
export interface ClientSettings {
  readonly url: string;
  readonly id: string;
  readonly key: string;
  readonly switchId: string;
  readonly switchKeys?: string;
}

/** Adds the options that say which switch, and who asks. */
export function clientOptions(command: Command, who: string): Command {
  return command
    .requiredOption('--url <origin>', 'the switch')
    .requiredOption('--id <participant>', who)
    .requiredOption('--key <file>', 'its private key for messages (JWK)')
    .option('--switch-id <id>', 'the switch\u2019s participant id', 'barlink-switch')
    .option('--switch-keys <file>', 'the switch\u2019s public keys; fetched over https when left out');
}

/** What a client of the SDK is made of. */
export async function readClient(settings: ClientSettings, io: Io) {
  const { url: switchUrl, id: participantId, switchId } = settings;
  const key = await readSigningKey(settings.key, io);
  const pinned = settings.switchKeys === undefined ? undefined : await readJson(settings.switchKeys, io);
  const { keys } = (pinned ?? {}) as { keys?: readonly unknown[] };
  return { switchUrl, participantId, key, switchId, ...(keys !== undefined && { switchKeys: keys }) };
}

/** A switch that gives no answer is the user's to mend. @throws {CliError} `CLI_SWITCH_UNREACHABLE` */
export function rethrowUnreached(path: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof SdkError && cause.status === undefined) {
      throw new CliError('CLI_SWITCH_UNREACHABLE', cause.message, { path, cause });
    }
    throw cause;
  };
}

import { type LogHead, readConsistency, readHead, verifyHead } from './log.ts';
import { isConsistent } from './log-proof.ts';
import { createPoolTransport } from './pool-transport.ts';
import { SdkError } from './sdk-error.ts';
import { type ClientOptions, createSwitchClient, type SwitchClient } from './switch-client.ts';

/** Where a witness keeps the last tree head it has seen; losing it means trusting the switch anew. */
export interface WitnessMemory {
  /** The signed head last written; `undefined` the first time. */
  read(): Promise<string | undefined>;
  /** Must be durable when it resolves. */
  write(signed: string): Promise<void>;
}

/** Options of {@link createWitness}. */
export interface WitnessOptions extends ClientOptions {
  readonly memory: WitnessMemory;
}

/** What a witness has done. */
export interface Witnessed {
  readonly size: number;
  /** `unchanged`: it was cosigned before and nothing came since. */
  readonly result: 'cosigned' | 'unchanged';
}

/** Somebody who watches that the switch's log only ever grows. */
export interface Witness {
  /**
   * Looks at the latest tree head and cosigns it when it continues the last one seen.
   *
   * @throws {SdkError} `LOG_HEAD_INCONSISTENT`: keep the evidence in `cause` and tell everybody;
   *   `LOG_HEAD_INVALID`, `SWITCH_UNREACHABLE` and refusals of the switch
   */
  watch(): Promise<Witnessed>;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** Two heads that the switch has signed and that no log can both have. */
export interface ForkEvidence {
  readonly seen: string;
  readonly shown: string;
}

/**
 * A witness of the log; any participant can be one.
 *
 * @example
 * const witness = createWitness({ switchUrl, participantId: 'bank-north', key, memory });
 * const { size } = await witness.watch();
 */
export function createWitness(options: WitnessOptions): Witness {
  const transport = options.transport ?? createPoolTransport(options.switchUrl);
  const client = createSwitchClient({ ...options, transport });
  const { memory, key } = options;
  return {
    async watch() {
      const text = await memory.read();
      const seen = text === undefined ? undefined : await verifyHead(client, text);
      const shown = await readHead(client);
      if (shown.cosignatures.some(({ witness }) => witness === client.participantId)) {
        if (seen?.size === shown.size && seen.root.equals(shown.root)) {
          return { size: shown.size, result: 'unchanged' };
        }
      }
      await assertContinues(client, seen, shown);
      // Written first: a witness that dies here cosigns this head or a later one next time, never another.
      await memory.write(shown.signed);
      await client.write(
        {
          path: `/v1/log/sth/${shown.size}/cosignatures`,
          body: { signed: await cosign(client, { key, shown, seen }) },
        },
        () => undefined,
      );
      return { size: shown.size, result: 'cosigned' };
    },
    close: () => transport.close(),
  };
}

type Seen = Omit<LogHead, 'cosignatures'> | undefined;

async function assertContinues(client: SwitchClient, seen: Seen, shown: LogHead): Promise<void> {
  if (seen === undefined) {
    return;
  }
  const isNewer = shown.size > seen.size;
  const path = isNewer ? await readConsistency(client, { first: seen.size, second: shown.size }) : [];
  if (!isConsistent(seen, shown, path)) {
    const evidence: ForkEvidence = { seen: seen.signed, shown: shown.signed };
    throw new SdkError('LOG_HEAD_INCONSISTENT', 'The log does not continue what the switch signed before.', {
      cause: evidence,
    });
  }
}

/** spec/audit.md 6. The key itself signs: a cosignature is shown to others, so it shares no signature. */
async function cosign(
  { switchId, participantId, now }: SwitchClient,
  { key, shown, seen }: { readonly key: ClientOptions['key']; readonly shown: LogHead; readonly seen: Seen },
): Promise<string> {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const nameOf = ({ size, root }: { readonly size: number; readonly root: Buffer }) => ({
    size,
    root: root.toString('base64url'),
  });
  const own = typeof key === 'function' ? key() : key;
  const header = { alg: own.algorithm, kid: own.kid, typ: 'barlink-cosignature+jws' };
  const payload = {
    log: switchId,
    ...nameOf(shown),
    witness: participantId,
    at: now().toISOString(),
    ...(seen === undefined ? {} : { previous: nameOf(seen) }),
  };
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${Buffer.from(await own.sign(Buffer.from(signed))).toString('base64url')}`;
}

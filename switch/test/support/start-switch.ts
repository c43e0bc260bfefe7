import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ledgerMigrations } from '@barlink/ledger';
import type { ParticipantId } from '@barlink/protocol';
import { generateSigningKey } from '@barlink/signing';
import type { Authority } from '@barlink/signing/certificates';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { type ComposedSwitch, composeSwitch } from '../../src/compose.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/index.ts';
import type { SwitchKeys } from '../../src/key-files.ts';
import { createSigningKeys } from '../../src/signing-keys.ts';
import type { TlsFiles } from '../../src/tls-files.ts';
import { createSender, type Sender } from './sender.ts';

/** A switch in this process: real HTTP, real keys, a database of its own. */
export interface TestSwitch {
  readonly url: string;
  readonly database: TestDatabase;
  /** The first operator, who registers everybody else. */
  readonly operator: Sender;
  readonly keys: SwitchKeys;
  /** Own faults of the switch: requests that ended with a 5xx, and background work that failed. */
  readonly faults: readonly unknown[];
  /** For what no message can do: TLS files, an operator's first certificate. */
  readonly composed: ComposedSwitch;
  stop(): Promise<void>;
}

/** What a test sets of a switch. */
export interface StartOptions {
  readonly settings?: Partial<Config>;
  readonly now?: () => Date;
  readonly keys?: SwitchKeys;
  /** Another switch process on the database of this one. */
  readonly beside?: TestSwitch;
  readonly authority?: Authority;
  readonly tls?: TlsFiles;
  /** Carries the operator's requests. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Both schemas of the switch, for `createTestDatabase`. */
export const switchMigrations = [
  { folder: ledgerMigrations, schema: 'ledger' },
  { folder: new URL('../../migrations/', import.meta.url), schema: 'public' },
];

export async function startSwitch(options: StartOptions = {}): Promise<TestSwitch> {
  const testDatabase =
    options.beside?.database ?? (await createTestDatabase({ migrations: switchMigrations }));
  const faults: unknown[] = [];
  const database = openDatabase({ url: testDatabase.url, connections: 8, onError: () => undefined });
  const config = { ...readConfig({}), port: 0, ...options.settings };
  const now = options.now ?? (() => new Date());
  const keys = options.keys ??
    options.beside?.keys ?? {
      signingKeys: createSigningKeys([{ key: await generateSigningKey('ES256'), notBefore: undefined }]),
      vaultKey: randomBytes(32),
      authority: options.authority,
    };
  const composed = await composeSwitch({
    config,
    database,
    keys,
    tls: options.tls,
    now,
    onServed: ({ error }) => {
      if (error !== undefined) {
        faults.push(error);
      }
    },
    onError: (error) => faults.push(error),
  });
  const operatorKey = options.beside?.operator.key ?? (await generateSigningKey('ES256'));
  await composed.participants.bootstrap(
    {
      id: 'operator' as ParticipantId,
      name: 'Operator',
      number: '000001',
      roles: ['operator'],
      url: 'http://127.0.0.1:1',
      state: 'active',
      createdAt: now(),
    },
    { jwk: { ...operatorKey.publicJwk }, use: 'messages' },
  );
  composed.server.listen(0, '127.0.0.1');
  await once(composed.server, 'listening');
  composed.start();
  const scheme = config.tls.mode === 'mutual' ? 'https' : 'http';
  const url = `${scheme}://127.0.0.1:${(composed.server.address() as AddressInfo).port}`;
  const carrier = options.fetch === undefined ? {} : { fetch: options.fetch };
  const operator = createSender({ id: 'operator', key: operatorKey, url, now, ...carrier });
  return {
    url,
    keys,
    database: testDatabase,
    operator,
    faults,
    composed,
    async stop() {
      await composed.stop();
      await database.close();
      if (options.beside === undefined) {
        await testDatabase.drop();
      }
    },
  };
}

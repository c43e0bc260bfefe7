import {
  type AuditService,
  createLogService,
  createLogStore,
  createOpeningStore,
  createSequencer,
} from './audit/index.ts';
import type { Config } from './config.ts';
import type { Database } from './database/index.ts';
import type { SwitchKeys } from './key-files.ts';
import type { ParticipantRegistry } from './participants/index.ts';
import { repeatInTime } from './repeat.ts';

/** The transparency log: its sequencer, and what it answers. */
export function composeLog(options: {
  readonly config: Config;
  readonly database: Database;
  readonly keys: SwitchKeys;
  readonly registry: ParticipantRegistry;
  readonly audit: AuditService;
  readonly now: () => Date;
  readonly onError: (error: unknown, where: string) => void;
}) {
  const { config, database, keys, registry, audit, now, onError } = options;
  const { switchId } = config;
  const store = createLogStore();
  // A head is kept and shown to third parties, so it carries a signature of its own and shares none.
  const signingKey = () => keys.signingKeys.current(now());
  const sequencer = createSequencer({
    database,
    store,
    signingKey,
    switchId,
    now,
    repeat: repeatInTime,
    onError: (error) => onError(error, 'log'),
  });
  const service = createLogService({
    database,
    store,
    openings: createOpeningStore(),
    audit,
    switchId,
    findKey: (kid, owner) => registry.findMessageKey(kid, owner),
    now,
  });
  return { sequencer, service };
}

import type { AuditService } from './audit/index.ts';
import type { Database } from './database/index.ts';
import { newId } from './new-id.ts';
import type { ParticipantRegistry } from './participants/index.ts';
import { type Conclusion, directionOf } from './payments/index.ts';
import { repeatInTurn } from './repeat.ts';
import {
  createOutflowGuard,
  createOutflowService,
  createOutflowStore,
  type OutflowGuard,
} from './risk/index.ts';

/** Processes tell each other what has flowed out this often. */
const refreshMs = 1000;

/** The breakers of positions. */
export async function composeOutflow(options: {
  readonly database: Database;
  readonly audit: AuditService;
  readonly registry: ParticipantRegistry;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}) {
  const store = createOutflowStore();
  const guard = await createOutflowGuard({ ...options, store, refreshMs, newId, repeat: repeatInTurn });
  return { store, guard, service: createOutflowService({ ...options, store, guard }) };
}

/** What was captured has left the position of whoever pays; within one participant nothing leaves. */
export function noteOutflow(guard: OutflowGuard, { history: { payment }, event }: Conclusion): void {
  const { from, to } = directionOf(payment);
  if (from !== to) {
    const { currency, minor } = payment.amount;
    guard.note({ participantId: from, currency }, minor, event.at);
  }
}

import type { ParticipantId } from '@barlink/protocol';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import type { Requests } from './sim-requests.ts';
import type { World } from './world.ts';

/** Who closes cycles in the middle of everything and decides about instructions that were rejected. */
export interface SimOperator {
  /** Nothing is left to close, to decide or to settle. */
  isDone(): boolean;
}

const lookEveryMs = 2000;
/** More closings than a run needs: something is left that no cycle takes, and the books will say what. */
const closingsMax = 30;

/** The operator looks at the books now and then, as its console would show them. */
export function createSimOperator(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly id: ParticipantId;
  readonly history: History;
  readonly requests: Requests;
  /** Until when it closes cycles by chance. */
  readonly troubleMs: number;
  /** Senders have all that they wanted: the last cycles can be closed. */
  readonly areSendersDone: () => boolean;
}): SimOperator {
  const { world, faults, id, history, requests, troubleMs, areSendersDone } = options;
  const { chance } = world;
  const closing = new Set<number>();
  const decided = new Set<string>();
  const rollRate = chance.pick([0, 0.5, 1]);

  function close(cycleId: number): void {
    if (closing.has(cycleId) || closing.size >= closingsMax) {
      return;
    }
    closing.add(cycleId);
    requests.send({
      sender: id,
      target: `/admin/v1/cycles/${cycleId}/close`,
      body: {},
      perform: ({ cycles }, message) => cycles.close(message, cycleId),
      onEnd: () => undefined,
    });
  }

  function decide(instructionId: string): void {
    if (decided.has(instructionId)) {
      return;
    }
    decided.add(instructionId);
    // Once everything works again, whoever owes can pay.
    const decision = !faults.isHealed && chance.isLikely(rollRate) ? 'roll' : 'retry';
    requests.send({
      sender: id,
      target: `/admin/v1/settlement-instructions/${instructionId}/${decision}`,
      body: {},
      perform: ({ settlement }, message) => settlement.decide(message, instructionId, decision),
      onEnd: () => undefined,
    });
  }

  function look(): void {
    const { clearing } = history;
    for (const { instructionId } of clearing.rejected()) {
      if (faults.isHealed || chance.isLikely(0.5)) {
        decide(instructionId);
      }
    }
    if (areSendersDone() && clearing.isSettledUpTo(clearing.openCycle()) && isSomethingOpen()) {
      close(clearing.openCycle());
    }
    world.after(lookEveryMs, look);
  }

  /** Captures and carries that no cycle has taken yet. */
  function isSomethingOpen(): boolean {
    const { clearing } = history;
    return history.capturedNow().some((paymentId) => !clearing.isTaken(paymentId)) || clearing.isCarryOpen();
  }

  const closes = chance.between(0, 4);
  for (let count = 0; count < closes; count += 1) {
    world.after(chance.between(0, troubleMs), () => close(history.clearing.openCycle()));
  }
  world.after(lookEveryMs, look);
  return {
    isDone: () =>
      requests.open === 0 &&
      (!isSomethingOpen() || closing.size >= closingsMax) &&
      history.clearing.isSettledUpTo(history.clearing.openCycle()),
  };
}

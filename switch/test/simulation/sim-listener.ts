import type { CycleEvent, Event, EventDelivery } from '@barlink/protocol';
import type { Faults } from './faults.ts';
import { acceptAll } from './sim-issuer.ts';
import type { Receiver } from './switch-line.ts';
import type { World } from './world.ts';

/** An acquirer or wallet that hears of outcomes. */
export interface SimListener extends Receiver {
  /** Each event once, in the order they came. */
  readonly events: readonly Event[];
  readonly cycleEvents: readonly CycleEvent[];
}

/** A listener that now and then is down, or keeps its acknowledgement to itself. */
export function createSimListener(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly id: string;
  readonly onEvent: (event: Event) => void;
}): SimListener {
  const { world, faults, id, onEvent } = options;
  const { chance } = world;
  const events: Event[] = [];
  const cycleEvents: CycleEvent[] = [];
  const known = new Set<string>();
  const failsRate = chance.pick([0, 0, 0.2]);
  return {
    id,
    events,
    cycleEvents,
    isDown: () => !faults.isHealed && chance.isLikely(failsRate),
    receive(path, message, answer) {
      if (path !== '/events') {
        answer({ status: 404, value: {}, isSigned: true });
        return;
      }
      for (const event of (message as EventDelivery).events) {
        if (!known.has(event.eventId)) {
          known.add(event.eventId);
          if ('cycle' in event) {
            cycleEvents.push(event);
          } else {
            events.push(event);
            onEvent(event);
          }
        }
      }
      world.after(chance.between(0, 20), () => {
        answer(faults.isHealed || !chance.isLikely(failsRate) ? acceptAll(message) : refused);
      });
    },
  };
}

const refused = { status: 500, value: {}, isSigned: true };

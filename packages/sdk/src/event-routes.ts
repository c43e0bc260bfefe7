import type { EventBook } from './books.ts';
import type { ReceiverContext, Routes } from './receiver.ts';
import { type CycleNotice, decodeEvents, type PaymentEvent } from './webhook.ts';

/** Called with the events this participant has not handled yet; throwing has them delivered again. */
export type OnEvents = (events: readonly PaymentEvent[], context: ReceiverContext) => void | Promise<void>;

/** The same for clearing cycles that closed or were settled. */
export type OnCycles = (notices: readonly CycleNotice[], context: ReceiverContext) => void | Promise<void>;

/** What is done about events. */
export interface EventHandlers {
  readonly onEvents?: OnEvents | undefined;
  readonly onCycles?: OnCycles | undefined;
}

/** The route every participant's receiver has: spec/messages.md 5. */
export function eventRoutes({ onEvents, onCycles }: EventHandlers, book: EventBook): Routes {
  async function handle<Event extends { readonly eventId: string }>(
    events: readonly Event[],
    on: ((fresh: readonly Event[]) => void | Promise<void>) | undefined,
  ): Promise<void> {
    const fresh: Event[] = [];
    for (const event of events) {
      if (!(await book.has(event.eventId))) {
        fresh.push(event);
      }
    }
    if (fresh.length > 0) {
      await on?.(fresh);
    }
    for (const event of fresh) {
      await book.add(event.eventId);
    }
  }

  return {
    '/events': async (message, context) => {
      const { eventIds, events, cycles } = decodeEvents(message);
      await handle(events, onEvents && ((fresh) => onEvents(fresh, context)));
      await handle(cycles, onCycles && ((fresh) => onCycles(fresh, context)));
      return { accepted: eventIds };
    },
  };
}

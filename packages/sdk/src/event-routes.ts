import type { EventBook } from './books.ts';
import type { ReceiverContext, Routes } from './receiver.ts';
import { decodeEvents, type PaymentEvent } from './webhook.ts';

/** Called with the events this participant has not handled yet; throwing has them delivered again. */
export type OnEvents = (events: readonly PaymentEvent[], context: ReceiverContext) => void | Promise<void>;

/** The route every participant's receiver has: spec/messages.md 5. */
export function eventRoutes(onEvents: OnEvents | undefined, book: EventBook): Routes {
  return {
    '/events': async (message, context) => {
      const events = decodeEvents(message);
      const fresh: PaymentEvent[] = [];
      for (const event of events) {
        if (!(await book.has(event.eventId))) {
          fresh.push(event);
        }
      }
      if (fresh.length > 0) {
        await onEvents?.(fresh, context);
      }
      for (const event of fresh) {
        await book.add(event.eventId);
      }
      return { accepted: events.map(({ eventId }) => eventId) };
    },
  };
}

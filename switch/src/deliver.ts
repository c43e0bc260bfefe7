import type { Delivery } from './notifications/index.ts';
import type { ParticipantLine, ParticipantRegistry, ParticipantWord } from './participants/index.ts';

/** How long a participant may take to acknowledge a delivery. */
const deliveryDeadlineMs = 5000;

/** One request of the outbox. */
export async function deliver(
  delivery: Delivery,
  parts: { readonly registry: ParticipantRegistry; readonly client: ParticipantLine },
): Promise<ParticipantWord> {
  const participant = parts.registry.find(delivery.participantId);
  if (participant === undefined) {
    throw new Error(`${delivery.participantId} is not in the register`);
  }
  const { path, body } = delivery;
  return parts.client.post(participant, path, body, { deadlineMs: deliveryDeadlineMs });
}

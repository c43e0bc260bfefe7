import type { Participant } from './participant.ts';

/** What a participant said: its bytes, its proof and what they mean. */
export interface ParticipantWord {
  readonly status: number;
  readonly value: unknown;
  readonly body: string;
  readonly signature: string;
}

/**
 * Why there is no word. `not_sent`: the connection could not even be made, so the participant knows nothing
 * of it; otherwise the message may have arrived.
 */
export type SilenceKind = 'not_sent' | 'timeout' | 'broken' | 'answer_invalid';

/** A participant did not answer: its state is unknown, never guessed. */
export class ParticipantSilence extends Error {
  readonly kind: SilenceKind;

  constructor(kind: SilenceKind, options: { readonly cause?: unknown } = {}) {
    super(`participant ${kind}`, options);
    this.kind = kind;
  }
}

/** A line to participants: what the switch asks them, whoever carries it. */
export interface ParticipantLine {
  /**
   * Posts a signed message and verifies the signed answer.
   *
   * @throws {ParticipantSilence} when no verified answer came within `deadlineMs`
   */
  post(
    participant: Participant,
    path: string,
    message: unknown,
    options: { readonly deadlineMs: number },
  ): Promise<ParticipantWord>;
}

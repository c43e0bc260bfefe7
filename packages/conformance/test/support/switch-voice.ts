import { randomUUID } from 'node:crypto';
import {
  generateSigningKey,
  importVerificationKey,
  type SigningKey,
  signDetached,
  verifyAnswer,
} from '@barlink/signing';

/** Speaks as the switch to one simulated participant. */
export interface SwitchVoice {
  /** For the participant's `switchKeys`. */
  readonly jwk: object;
  /** The answer's value, or how the exchange failed. */
  ask(url: string, path: string, message: unknown): Promise<unknown>;
}

export type Silence = 'no answer' | 'connection cut' | 'signature wrong';

export async function createSwitchVoice(
  participantId: string,
  participantKey: SigningKey,
): Promise<SwitchVoice> {
  const key = await generateSigningKey('ES256');
  const participant = await importVerificationKey(participantKey.publicJwk);
  return {
    jwk: key.publicJwk,
    ask: async (url, path, message) => {
      const body = Buffer.from(JSON.stringify(message));
      const jti = randomUUID();
      const signature = await signDetached(body, {
        key,
        issuer: 'barlink-switch',
        audience: participantId,
        method: 'POST',
        target: path,
        jti,
      });
      const signal = AbortSignal.timeout(300);
      let answer: Response;
      let bytes: Buffer;
      try {
        answer = await fetch(url + path, {
          method: 'POST',
          body,
          headers: { 'barlink-signature': signature },
          signal,
        });
        bytes = Buffer.from(await answer.arrayBuffer());
      } catch {
        return signal.aborted ? ('no answer' satisfies Silence) : ('connection cut' satisfies Silence);
      }
      try {
        await verifyAnswer(bytes, answer.headers.get('barlink-signature') ?? undefined, {
          keyFor: () => participant,
          issuer: participantId,
          audience: 'barlink-switch',
          requestId: jti,
          status: answer.status,
          now: new Date(),
        });
      } catch {
        return 'signature wrong' satisfies Silence;
      }
      return JSON.parse(bytes.toString());
    },
  };
}

import { randomBytes } from 'node:crypto';
import { formatUuid7 } from '@barlink/protocol';
import { type SigningKey, signDetached } from '@barlink/signing';
import { checkAnswer } from './check-answer.ts';

/** A participant that sends raw messages, right or wrong in any way a test wants. */
export interface Sender {
  readonly id: string;
  readonly key: SigningKey;
  /** Signs and sends; whatever `overrides` names is taken instead of the right value. */
  send(method: string, target: string, body?: unknown, overrides?: Overrides): Promise<Received>;
}

/** Parts of a message that a test sets itself. */
export interface Overrides {
  /** The bytes sent and signed. */
  readonly bytes?: Uint8Array;
  /** The bytes sent when they are not those that were signed. */
  readonly sentBytes?: Uint8Array;
  readonly signature?: string | undefined;
  readonly issuer?: string;
  readonly audience?: string;
  readonly signedMethod?: string;
  readonly signedTarget?: string;
  readonly jti?: string;
  readonly issuedAt?: Date;
  /** `undefined` leaves it out. */
  readonly idempotencyKey?: string | undefined;
  readonly contentType?: string;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: SigningKey;
}

/** An answer as received. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ReturnType<typeof JSON.parse>;
  readonly jti: string;
  /** Whether the switch signed it; a signature that is not true is an error of `send`. */
  readonly isSigned: boolean;
}

/** A fresh UUIDv7: a jti or an idempotency key. */
export function newUuid7(at: Date = new Date()): string {
  return formatUuid7(at.getTime(), randomBytes(10));
}

export function createSender(options: {
  readonly id: string;
  /** A function for a sender whose key changes. */
  readonly key: SigningKey | (() => SigningKey);
  readonly url: string;
  readonly now?: () => Date;
  readonly switchId?: string;
  /** Carries the request, with a certificate for example. */
  readonly fetch?: typeof globalThis.fetch;
}): Sender {
  const { id, url, now = () => new Date(), switchId = 'barlink-switch' } = options;
  const keyNow = () => (typeof options.key === 'function' ? options.key() : options.key);
  const send = options.fetch ?? fetch;
  return {
    id,
    key: keyNow(),
    async send(method, target, body, overrides = {}) {
      const bytes = overrides.bytes ?? Buffer.from(body === undefined ? '' : JSON.stringify(body));
      const jti = overrides.jti ?? newUuid7(now());
      const idempotencyKey = 'idempotencyKey' in overrides ? overrides.idempotencyKey : newUuid7(now());
      const signature =
        'signature' in overrides
          ? overrides.signature
          : await signDetached(bytes, {
              key: overrides.key ?? keyNow(),
              issuer: overrides.issuer ?? id,
              audience: overrides.audience ?? switchId,
              method: overrides.signedMethod ?? method,
              target: overrides.signedTarget ?? target,
              jti,
              issuedAt: overrides.issuedAt ?? now(),
              ...(idempotencyKey === undefined || method === 'GET' ? {} : { idempotencyKey }),
            });
      const sent = overrides.sentBytes ?? bytes;
      const response = await send(url + target, {
        method,
        headers: {
          ...(method === 'GET' ? {} : { 'content-type': overrides.contentType ?? 'application/json' }),
          ...(signature === undefined ? {} : { 'barlink-signature': signature }),
          ...overrides.headers,
        },
        ...(sent.length === 0 ? {} : { body: Buffer.from(sent) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      const answer = {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
        jti,
      };
      return {
        ...answer,
        isSigned: await checkAnswer({
          ...{ url, method, target, sender: id, switchId, answer },
          answeredAt: now(),
          fetch: send,
        }),
      };
    },
  };
}

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createKeyset,
  generateSigningKey,
  importVerificationKey,
  type KeysetEntry,
  type PublicJwk,
  type SigningKey,
  signAnswer,
  signDetached,
  type VerifiedMessage,
  verifyAnswer,
  verifyDetached,
} from '@barlink/signing';

/** A request the double got and verified. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly message: VerifiedMessage;
  readonly signature: string;
  readonly body: unknown;
}

/** What the double answers next: a status and a JSON value, or trouble. */
export type Script =
  | { readonly status: number; readonly value: unknown; readonly sign?: 'right' | 'not' | 'other request' }
  | 'drop'
  | 'silence';

/** A switch at the edge of the SDK: real HTTP, real keys, scripted answers. */
export interface SwitchDouble {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** Paths asked for without a signature. */
  readonly opened: readonly string[];
  readonly jwk: PublicJwk;
  /** What comes next, first in first out; the last one stays. */
  script(...answers: Script[]): void;
  /** The keyset it gives out. */
  entries: KeysetEntry[];
  revoked: string[];
  /** How long a keyset is valid. */
  keysetMs: number;
  /** A new key from now on. */
  rotate(): Promise<void>;
  /** Sends a signed message to a participant's receiver. */
  post(url: string, message: PostOptions): Promise<Posted>;
  close(): Promise<void>;
}

export interface PostOptions {
  readonly participantId: string;
  readonly path: string;
  readonly body: string;
  readonly key?: SigningKey;
  readonly audience?: string;
  readonly participantKey: SigningKey;
}

export interface Posted {
  readonly status: number;
  readonly value: Record<string, unknown>;
  /** False when the answer is not provably the participant's. */
  readonly signed: boolean;
}

export async function createSwitchDouble(sender: {
  readonly participantId: string;
  readonly key: SigningKey;
}): Promise<SwitchDouble> {
  const senderKey = await importVerificationKey(sender.key.publicJwk);
  let key = await generateSigningKey('ES256');
  const heard: Heard[] = [];
  const opened: string[] = [];
  let scripts: Script[] = [];

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (path === '/v1/keys') {
      opened.push(path);
      response.end(JSON.stringify({ keys: [key.publicJwk] }));
      return;
    }
    if (path === '/v1/keysets/codes') {
      opened.push(path);
      const issuedAt = new Date();
      const expiresAt = new Date(issuedAt.getTime() + double.keysetMs);
      const keyset = await createKeyset(double.entries, {
        key,
        issuer: 'barlink-switch',
        issuedAt,
        expiresAt,
        revokedCodes: double.revoked,
      });
      response.end(JSON.stringify({ keyset }));
      return;
    }
    const body = Buffer.concat(await request.toArray());
    const message = await verifyDetached(body, request.headers['barlink-signature'] as string | undefined, {
      keyFor: () => senderKey,
      audience: 'barlink-switch',
      method: request.method ?? '',
      target: path,
      now: new Date(),
    });
    heard.push({
      method: request.method ?? '',
      path,
      message,
      signature: String(request.headers['barlink-signature']),
      body: body.length === 0 ? undefined : JSON.parse(body.toString()),
    });
    const script = scripts.length > 1 ? scripts.shift() : scripts[0];
    if (script === undefined || script === 'drop') {
      request.socket.destroy();
    } else if (script !== 'silence') {
      await send(response, script, message);
    }
  };
  const send = async (
    response: ServerResponse,
    { status, value, sign = 'right' }: Exclude<Script, string>,
    message: VerifiedMessage,
  ) => {
    const bytes = Buffer.from(value === undefined ? '' : JSON.stringify(value));
    if (sign !== 'not') {
      const signature = await signAnswer(bytes, {
        key,
        issuer: 'barlink-switch',
        audience: sender.participantId,
        requestId: sign === 'right' ? message.jti : randomUUID(),
        status,
      });
      response.setHeader('barlink-signature', signature);
    }
    response.writeHead(status).end(bytes);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: SwitchDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    opened,
    get jwk() {
      return key.publicJwk;
    },
    script: (...answers) => {
      scripts = answers;
    },
    entries: [],
    revoked: [],
    keysetMs: 86_400_000,
    rotate: async () => {
      key = await generateSigningKey('ES256');
    },
    post: (url, options) => post(url, options, options.key ?? key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return double;
}

async function post(url: string, options: PostOptions, key: SigningKey): Promise<Posted> {
  const { participantId, path, body, audience = participantId, participantKey } = options;
  const bytes = Buffer.from(body);
  const jti = randomUUID();
  const target = new URL(url).pathname.replace(/\/$/, '') + path;
  const signature = await signDetached(bytes, {
    key,
    issuer: 'barlink-switch',
    audience,
    method: 'POST',
    target,
    jti,
  });
  const answer = await fetch(new URL(target, url), {
    method: 'POST',
    body: bytes,
    headers: { 'barlink-signature': signature, 'content-type': 'application/json' },
  });
  const answered = Buffer.from(await answer.arrayBuffer());
  const participant = await importVerificationKey(participantKey.publicJwk);
  const signed = await verifyAnswer(answered, answer.headers.get('barlink-signature') ?? undefined, {
    keyFor: () => participant,
    issuer: participantId,
    audience: 'barlink-switch',
    requestId: jti,
    status: answer.status,
    now: new Date(),
  }).then(
    () => true,
    () => false,
  );
  return { status: answer.status, value: JSON.parse(answered.toString()), signed };
}

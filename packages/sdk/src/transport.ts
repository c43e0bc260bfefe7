/** One HTTP request of the SDK. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, exactly as signed. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent when the request has no body. */
  readonly body?: Uint8Array;
  /** Aborts when the time of the request is over. */
  readonly signal: AbortSignal;
}

/** What came back. */
export interface TransportAnswer {
  readonly status: number;
  /** The header `Barlink-Signature`. */
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

/** Carries requests to the switch. Rejects when no complete answer came. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>;
  close(): Promise<void>;
}

/** Largest answer a transport reads. */
export const answerBytesMax = 4 * 1024 * 1024;

/**
 * A transport on the platform's `fetch`, for browsers and React Native.
 *
 * @param switchUrl origin of the switch, for example `https://switch.example`
 */
export function createFetchTransport(switchUrl: string): Transport {
  const origin = switchUrl.replace(/\/+$/, '');
  return {
    send: async ({ method, path, headers, body, signal }) => {
      const answer = await fetch(origin + path, {
        method,
        headers: { ...headers },
        signal,
        redirect: 'error',
        ...(body === undefined ? {} : { body }),
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (bytes.length > answerBytesMax) {
        throw new Error('The answer is too large.');
      }
      const signature = answer.headers.get('barlink-signature') ?? undefined;
      return { status: answer.status, signature, body: bytes };
    },
    close: async () => {},
  };
}

import { type CodeUrl, readCodeUrl } from '@barlink/codes';
import { SdkError } from './sdk-error.ts';

/** Gets the text at the URL of a code. */
export interface DocumentSource {
  /** Where the switch's codes lie: `https://pay.example/c/`. */
  readonly base: string;
  /**
   * @throws {SdkError} `CODE_PAYLOAD_UNKNOWN`, `CODE_DOCUMENT_GONE`, `CODE_DOCUMENT_TOO_LARGE`; with
   *   `retryable` `CODE_DOCUMENT_UNAVAILABLE`
   */
  fetch(url: CodeUrl): Promise<string>;
}

/** Options of {@link createDocumentSource}. */
export interface DocumentSourceOptions {
  readonly switchUrl: string;
  /** `https://pay.example/c/`; `/c/` of the switch's own origin when absent. */
  readonly codeUrl?: string | undefined;
  /** 3 s when absent. */
  readonly timeoutMs?: number | undefined;
}

const bytesMax = 8192;
const timeoutDefaultMs = 3_000;

/**
 * Documents by the platform's `fetch`: from one base only, without following a redirection.
 *
 * @throws {SdkError} `CODE_URL_INVALID` when `codeUrl` is given and no code can lie there
 */
export function createDocumentSource(options: DocumentSourceOptions): DocumentSource {
  const { switchUrl, timeoutMs = timeoutDefaultMs } = options;
  const base = options.codeUrl ?? `${new URL(switchUrl).origin}/c/`;
  const isUsable = readCodeUrl(base + '0'.repeat(16))?.base === base;
  if (options.codeUrl !== undefined && !isUsable) {
    throw new SdkError('CODE_URL_INVALID', 'Codes lie at https://<host>/c/.', { path: 'codeUrl' });
  }
  return {
    base,
    fetch: async ({ codeId }) => {
      const abort = new AbortController();
      // The time counts until the last byte is there.
      const timer = setTimeout(() => abort.abort(), timeoutMs);
      try {
        return await readDocument(base + codeId, abort.signal);
      } catch (cause) {
        abort.abort();
        throw cause instanceof SdkError ? cause : unavailable('The document cannot be fetched.', cause);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function readDocument(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, {
    headers: { accept: 'application/jose' },
    redirect: 'error',
    credentials: 'omit',
    signal,
  });
  // React Native follows redirections whatever it is told.
  if (answer.redirected) {
    throw unavailable('The document was moved.');
  }
  if (answer.status === 404) {
    throw new SdkError('CODE_PAYLOAD_UNKNOWN', 'There is no such code.', { status: 404 });
  }
  if (answer.status === 410) {
    throw new SdkError('CODE_DOCUMENT_GONE', 'The code was paid, or its time is over.', { status: 410 });
  }
  if (answer.status !== 200 || !/^application\/jose(;|$)/.test(answer.headers.get('content-type') ?? '')) {
    throw unavailable(`What answers at the URL (${answer.status}) is not the switch.`);
  }
  return new TextDecoder().decode(await readBytes(answer));
}

async function readBytes(answer: Response): Promise<Uint8Array> {
  if (Number(answer.headers.get('content-length') ?? 0) > bytesMax) {
    throw tooLarge();
  }
  // React Native gives no stream; there the length above is what keeps a large body out early.
  const reader = answer.body?.getReader();
  if (reader === undefined) {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > bytesMax) {
      throw tooLarge();
    }
    return bytes;
  }
  const read = new Uint8Array(bytesMax);
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const bytes: Uint8Array = part.value;
    if (length + bytes.length > bytesMax) {
      throw tooLarge();
    }
    read.set(bytes, length);
    length += bytes.length;
  }
  return read.subarray(0, length);
}

function tooLarge(): SdkError {
  return new SdkError('CODE_DOCUMENT_TOO_LARGE', 'What lies at the URL is too large for a document.');
}

function unavailable(message: string, cause?: unknown): SdkError {
  return new SdkError('CODE_DOCUMENT_UNAVAILABLE', message, { cause, retryable: true });
}

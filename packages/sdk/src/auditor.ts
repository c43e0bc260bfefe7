import { decodeLeaf, type LogHead, type LogLeaf, readHead, verifyHead } from './log.ts';
import { createPoolTransport } from './pool-transport.ts';
import { type ClientOptions, createSwitchClient } from './switch-client.ts';
import { fetchPublicJson } from './switch-keys.ts';

/** The operator's view of the log, for those who check it (spec/audit.md 7). */
export interface Auditor {
  /** The head of a size with its cosignatures, or the latest. */
  head(size?: number): Promise<LogHead>;
  /** Verified heads of more leaves than `after`, smallest first, as many as one answer holds. */
  heads(after: number): Promise<readonly Omit<LogHead, 'cosignatures'>[]>;
  /** Leaf hashes in base64url in the order of the tree, at most 1,000. */
  entries(start: number, count: number): Promise<readonly string[]>;
  /** All leaves that the head of this size is the first to cover, with what opens them. */
  leaves(size: number): Promise<readonly LogLeaf[]>;
  /** Records that are no leaf. */
  unlogged(): Promise<readonly Pick<LogLeaf, 'kind' | 'ref' | 'part'>[]>;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** A client for the operator's auditors. */
export function createAuditor(options: ClientOptions): Auditor {
  const transport = options.transport ?? createPoolTransport(options.switchUrl);
  const client = createSwitchClient({ ...options, transport });
  return {
    head: (size) => readHead(client, size),
    async heads(after) {
      const answer = await fetchPublicJson(transport, `/v1/log/heads/${after}`);
      return Promise.all(answer.objects('heads').map((head) => verifyHead(client, head.text('signed'))));
    },
    entries: async (start, count) =>
      (await fetchPublicJson(transport, `/v1/log/entries/${start}/${count}`)).texts('leaves'),
    leaves: (size) =>
      client.read(`/admin/v1/log/sth/${size}/leaves`, (answer) => answer.objects('leaves').map(decodeLeaf)),
    unlogged: () =>
      client.read('/admin/v1/log/unlogged', (answer) =>
        answer.objects('records').map((record) => ({
          kind: record.text('kind'),
          ref: record.text('ref'),
          part: record.text('part'),
        })),
      ),
    close: () => transport.close(),
  };
}

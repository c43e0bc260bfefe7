import type { EvidenceBundle, EvidenceMessage } from '@barlink/signing';
import type { SwitchClient } from './switch-client.ts';

/** Fetches signed messages as bundles that anyone can verify later, without the switch. */
export interface EvidenceClient {
  /**
   * The participant's own messages about a payment, token, code or participant; everybody's for the operator.
   * `verifyEvidence` of `@barlink/signing` and `barlink verify` judge what comes.
   */
  export(subject: string): Promise<EvidenceBundle>;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** Whose evidence is asked for. */
export type EvidenceViewer = 'participant' | 'operator';

/** The client on any transport. */
export function assembleEvidenceClient(client: SwitchClient, viewer: EvidenceViewer): EvidenceClient {
  const root = viewer === 'operator' ? '/admin/v1/evidence' : '/v1/evidence';
  return {
    export: (subject) =>
      client.read(`${root}/${encodeURIComponent(subject)}`, (answer) => ({
        type: answer.oneOf('type', ['barlink-evidence']),
        version: 1,
        subject: answer.text('subject'),
        messages: answer.values('messages') as readonly EvidenceMessage[],
        statement: answer.text('statement'),
        switchKeys: answer.values('switchKeys') as readonly object[],
      })),
    close: () => client.transport.close(),
  };
}

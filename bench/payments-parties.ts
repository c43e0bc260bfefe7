/**
 * The remote participants of bench/payments.ts in a process of their own: one bank and one acquirer that
 * acknowledge.
 */

import { createRecent } from '@barlink/protocol';
import { createAcquirer, createIssuer, createMemoryIssuerBook } from '@barlink/sdk';
import { generateSigningKey } from '@barlink/signing';

/**
 * Payments whose answers the bank remembers, a dozen seconds of them. A bank keeps all in a database; all in
 * memory are collected whole in the middle of a round, at a third of a processor for half a second.
 */
const answersKeptLeast = 20_000;

/** What the parent sends to start the participants. */
export interface PartiesOrder {
  readonly switchUrl: string;
  readonly switchKeys: readonly object[];
}

/** Where they answer and who they are. */
export interface PartiesReady {
  readonly bank: { readonly url: string; readonly key: object };
  readonly acquirer: { readonly url: string; readonly key: object; readonly codeKey: object };
}

process.once('message', async ({ switchUrl, switchKeys }: PartiesOrder) => {
  const bankKey = await generateSigningKey('ES256');
  const acquirerKey = await generateSigningKey('ES256');
  const codeKey = await generateSigningKey('ES256');
  const bank = createIssuer({
    switchUrl,
    switchKeys,
    participantId: 'bank-north',
    key: bankKey,
    book: createMemoryIssuerBook(createRecent(answersKeptLeast)),
    onTokenApproval: () => ({ outcome: 'approved' }),
    onAuthorization: () => ({ outcome: 'approved' }),
    onReversal: () => undefined,
  });
  const acquirer = createAcquirer({
    switchUrl,
    switchKeys,
    participantId: 'acquirer-east',
    key: acquirerKey,
    codeKey,
  });
  const ready: PartiesReady = {
    bank: { url: (await bank.listen({ port: 0 })).url, key: bankKey.publicJwk },
    acquirer: {
      url: (await acquirer.listen({ port: 0 })).url,
      key: acquirerKey.exportPrivateJwk(),
      codeKey: codeKey.exportPrivateJwk(),
    },
  };
  process.send?.(ready);
  process.once('message', () => process.exit(0));
});

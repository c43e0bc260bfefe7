import { type Acquirer, type AcquirerOptions, assembleAcquirer } from './acquirer.ts';
import { assembleEvidenceClient, type EvidenceClient, type EvidenceViewer } from './evidence-client.ts';
import { assembleOperator, type Operator } from './operator.ts';
import { type ClientOptions, createSwitchClient, type SwitchClient } from './switch-client.ts';
import { createFetchTransport } from './transport.ts';
import { assembleWallet, type Wallet, type WalletOptions } from './wallet.ts';

/** A wallet in a browser or in React Native: the same client without a receiver, on `fetch`. */
export function createWallet(options: WalletOptions): Wallet {
  return assembleWallet(connect(options), options);
}

/** An acquirer's client in a browser or in React Native, on `fetch`. */
export function createAcquirer(options: AcquirerOptions): Acquirer {
  return assembleAcquirer(connect(options), options.codeKey);
}

/** The operator's client in a browser, on `fetch`. */
export function createOperator(options: ClientOptions): Operator {
  return assembleOperator(connect(options));
}

/** Evidence of one's own messages; of everybody's for the operator. */
export function createEvidenceClient(
  options: ClientOptions & { readonly viewer?: EvidenceViewer },
): EvidenceClient {
  return assembleEvidenceClient(connect(options), options.viewer ?? 'participant');
}

function connect(options: ClientOptions): SwitchClient {
  return createSwitchClient({
    ...options,
    transport: options.transport ?? createFetchTransport(options.switchUrl),
  });
}

import { type Acquirer, type AcquirerOptions, assembleAcquirer } from './acquirer.ts';
import { createMemoryEventBook, createMemoryIssuerBook, type EventBook, type IssuerBook } from './books.ts';
import { type CycleReader, readCycles } from './cycles.ts';
import { eventRoutes, type OnCycles, type OnEvents } from './event-routes.ts';
import { assembleEvidenceClient, type EvidenceClient, type EvidenceViewer } from './evidence-client.ts';
import { type IssuerHandlers, issuerRoutes } from './issuer-routes.ts';
import { assembleOperator, type Operator } from './operator.ts';
import { createPoolTransport } from './pool-transport.ts';
import { createReceiver, type Receiver, type Routes } from './receiver.ts';
import { decodePayment, type NetPosition, type Payment } from './resources.ts';
import { assembleSettlementAgent, type SettlementAgentClient } from './settlement.ts';
import { type SettlementHandlers, settlementRoutes } from './settlement-routes.ts';
import { type ClientOptions, createSwitchClient, type SwitchClient } from './switch-client.ts';
import type { TlsOptions, TlsSettings } from './tls.ts';
import { type IssuerTokenActions, issuerTokenActions } from './token-actions.ts';
import { assembleWallet, paymentPath, readPositions, type Wallet, type WalletOptions } from './wallet.ts';

/** What every participant's receiver takes. */
export interface ReceiverSettings extends TlsSettings {
  /** The path part of the registered url, when it has one: `/barlink`. */
  readonly basePath?: string;
  /** Messages the switch may send in one request, 2 to 64, or 1 for one by one; 64 when absent. */
  readonly messagesAtOnce?: number;
  /** Called with the events not handled yet; throwing has them delivered again. */
  readonly onEvents?: OnEvents;
  /** The same for clearing cycles that closed or were settled. */
  readonly onCycles?: OnCycles;
  /** Remembers handled events; in memory when absent. */
  readonly eventBook?: EventBook;
}

/** A participant with both sides: requests to the switch, and a receiver for the switch's. */
export type Connected<Client> = Omit<Client, 'close'> & Receiver;

/** An issuer's own requests; its main work is answering. */
export interface IssuerClient extends CycleReader, IssuerTokenActions {
  payment(paymentId: string): Promise<Payment>;
  positions(): Promise<readonly NetPosition[]>;
}

/** The institution that holds payers' accounts. */
export type Issuer = Connected<IssuerClient>;

/** Options of {@link createIssuer}. */
export interface IssuerOptions extends ClientOptions, ReceiverSettings, IssuerHandlers {
  /** What was answered per payment; in memory when absent, which is for tests only. */
  readonly book?: IssuerBook;
}

/**
 * A wallet app's server: pays and manages tokens, and can listen for events.
 *
 * @example
 * const wallet = createWallet({ switchUrl, participantId: 'wallet-jade', key });
 * const scan = await wallet.scan(text);
 * if (scan.trust === 'verified') await wallet.pay({ payload: scan.payload, tokenId, amount });
 */
export function createWallet(options: WalletOptions & ReceiverSettings): Connected<Wallet> {
  const client = connect(options);
  return { ...assembleWallet(client, options), ...receive(client, options, {}) };
}

/** An acquirer: registers and signs codes, takes payers' codes, refunds, and can listen for events. */
export function createAcquirer(options: AcquirerOptions & ReceiverSettings): Connected<Acquirer> {
  const client = connect(options);
  return { ...assembleAcquirer(client, options.codeKey), ...receive(client, options, {}) };
}

/**
 * An issuer: answers the switch's questions, the same one always the same way.
 *
 * @example
 * const issuer = createIssuer({ switchUrl, participantId: 'bank-north', key, book,
 *   onAuthorization: ({ account, amount }) => debit(account, amount),
 *   onReversal: ({ paymentId }) => giveBack(paymentId) });
 * await issuer.listen({ port: 9001 });
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const client = connect(options);
  const book = options.book ?? createMemoryIssuerBook();
  return {
    ...issuerTokenActions(client),
    payment: (paymentId) => client.read(paymentPath(paymentId), decodePayment),
    positions: () => readPositions(client),
    ...readCycles(client, '/v1'),
    ...receive(client, options, issuerRoutes(options, book)),
  };
}

/** A settlement agent: is told what to pay in and out, and says what became of it. */
export type SettlementAgent = Connected<SettlementAgentClient>;

/** Options of {@link createSettlementAgent}. */
export interface SettlementAgentOptions extends ClientOptions, ReceiverSettings, SettlementHandlers {}

/**
 * The settlement agent of a switch, on the side of the bank that keeps participants' settlement accounts.
 *
 * @example
 * const agent = createSettlementAgent({ switchUrl, participantId: 'central-bank', key,
 *   onInstruction: (instruction) => book(instruction), onInquiry: (id) => lookUp(id) });
 * await agent.listen({ port: 9009 });
 */
export function createSettlementAgent(options: SettlementAgentOptions): SettlementAgent {
  const client = connect(options);
  return { ...assembleSettlementAgent(client), ...receive(client, options, settlementRoutes(options)) };
}

/** The operator's client for administration. */
export function createOperator(options: ClientOptions & TlsSettings): Operator {
  return assembleOperator(connect(options));
}

/** Evidence of one's own messages; of everybody's for the operator. */
export function createEvidenceClient(
  options: ClientOptions & TlsSettings & { readonly viewer?: EvidenceViewer },
): EvidenceClient {
  return assembleEvidenceClient(connect(options), options.viewer ?? 'participant');
}

interface Connection extends SwitchClient {
  /** Does nothing on a transport of the caller's own. */
  renewTls(tls: TlsOptions): void;
}

function connect(options: ClientOptions & TlsSettings): Connection {
  if (options.transport !== undefined) {
    return { ...createSwitchClient({ ...options, transport: options.transport }), renewTls: () => {} };
  }
  const transport = createPoolTransport(options.switchUrl, { tls: options.tls });
  return { ...createSwitchClient({ ...options, transport }), renewTls: transport.renewTls };
}

function receive(client: Connection, settings: ReceiverSettings, routes: Routes): Receiver {
  const { participantId, key, switchId, switchKeys, now, transport } = client;
  const { basePath, messagesAtOnce, eventBook = createMemoryEventBook(), tls } = settings;
  const receiver = createReceiver({
    participantId,
    key,
    switchId,
    switchKeys,
    now,
    basePath,
    messagesAtOnce,
    tls,
    routes: { ...routes, ...eventRoutes(settings, eventBook) },
  });
  return {
    ...receiver,
    renewTls: (next) => {
      client.renewTls(next);
      receiver.renewTls(next);
    },
    close: async () => {
      await receiver.close();
      await transport.close();
    },
  };
}

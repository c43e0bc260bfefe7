import { join } from 'node:path';
import { ProtocolError } from '@barlink/protocol';
import {
  type Acquirer,
  type ClientOptions,
  type Connected,
  createAcquirer,
  createMerchant,
  createOperator,
  createWallet,
  type MerchantClient,
  type Operator,
  type Participant,
  type PaymentEvent,
  type TlsSettings,
  type Wallet,
} from '@barlink/sdk';
import type { SigningKey } from '@barlink/signing';
import { type Bank, createBank } from './bank.ts';
import { createBankBook } from './bank-book.ts';
import { loadKey } from './keys.ts';
import {
  accountPlans,
  merchantPlans,
  networkCurrency,
  type ParticipantPlan,
  participantPlans,
} from './plan.ts';
import { createSettlementBank, type SettlementBank } from './settlement-bank.ts';
import { loadTls } from './tls.ts';

/** Codes the network itself throws. */
export type NetworkErrorCode = 'NETWORK_PORT_TAKEN';

/** Options of {@link createNetwork}. */
export interface NetworkOptions {
  /** Where keys and the banks' books are kept. */
  readonly folder: string;
  readonly switchUrl: string;
  /**
   * `run`: the participants listen, answer and are registered. `join`: only their clients, for a second
   * process beside a network that runs.
   */
  readonly mode?: 'run' | 'join';
  /** Where the switch reaches a participant that listens at `url`, when something stands in between. */
  readonly reach?: (url: string) => Promise<string>;
  /** `mutual` when the switch was started with the settings of `prepareTls`; plain HTTP when absent. */
  readonly tls?: 'mutual' | undefined;
  /** Hears every event that a participant got. */
  readonly onEvent?: (participantId: string, event: PaymentEvent) => void;
}

/** An acquirer of the network and its merchants. */
export interface AcquirerParty {
  readonly participantId: string;
  readonly acquirer: Connected<Acquirer>;
  readonly merchants: readonly MerchantClient[];
}

/** A wallet app of the network. */
export interface WalletParty {
  readonly participantId: string;
  readonly wallet: Connected<Wallet>;
}

/**
 * The demonstration network: an operator, two banks, two wallet apps, two acquirers with two merchants each,
 * a settlement bank.
 */
export interface Network {
  readonly operator: Operator;
  bank(participantId: string): Bank;
  wallet(participantId: string): WalletParty;
  acquirer(participantId: string): AcquirerParty;
  readonly banks: readonly Bank[];
  readonly wallets: readonly WalletParty[];
  readonly acquirers: readonly AcquirerParty[];
  /** Pays in and out what closed cycles make due. */
  readonly settlementBank: SettlementBank;
  close(): Promise<void>;
}

/**
 * Builds the network at a switch. Keys, urls and books are kept in the folder and the switch: doing it again
 * finds everything as it was.
 *
 * @throws {ProtocolError} `NETWORK_PORT_TAKEN`
 * @throws {SdkError} `SWITCH_UNREACHABLE`, `ANSWER_SIGNATURE_INVALID` when it knows another operator
 */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { folder, switchUrl, mode = 'run' } = options;
  const operatorKey = await loadKey(folder, 'operator');
  const secured = await tlsFor(options, 'operator');
  const operator = createOperator({ switchUrl, participantId: 'operator', key: operatorKey, ...secured });
  const parts = await createParties(options);
  const parties = [...parts.banks, ...parts.wallets, ...parts.acquirers, parts.settlementBank];
  const close = async () => {
    await Promise.all(parties.map((party) => receiverOf(party).close()));
    await operator.close();
  };
  try {
    if (mode === 'run') {
      await connectAll(operator, { ...options, parties });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    operator,
    ...parts,
    bank: (participantId) => get(parts.banks, participantId),
    wallet: (participantId) => get(parts.wallets, participantId),
    acquirer: (participantId) => get(parts.acquirers, participantId),
    close,
  };
}

type Party = Bank | WalletParty | AcquirerParty | SettlementBank;

interface Parties {
  readonly banks: readonly Bank[];
  readonly wallets: readonly WalletParty[];
  readonly acquirers: readonly AcquirerParty[];
  readonly settlementBank: SettlementBank;
}

async function createParties(options: NetworkOptions): Promise<Parties> {
  const { folder, switchUrl, mode = 'run', onEvent } = options;
  const banks: Bank[] = [];
  const wallets: WalletParty[] = [];
  const acquirers: AcquirerParty[] = [];
  let settlementBank: SettlementBank | undefined;
  for (const { participantId, roles } of participantPlans) {
    const onEvents = (events: readonly PaymentEvent[]) => {
      for (const event of events) {
        onEvent?.(participantId, event);
      }
    };
    const common: ClientOptions & TlsSettings & { readonly onEvents: typeof onEvents } = {
      ...(await tlsFor(options, participantId)),
      switchUrl,
      participantId,
      key: await loadKey(folder, participantId),
      onEvents,
    };
    if (roles.includes('issuer')) {
      const file = mode === 'run' ? join(folder, 'books', `${participantId}.jsonl`) : undefined;
      banks.push(
        createBank({ ...common, accounts: accountPlans[participantId] ?? [], book: createBankBook(file) }),
      );
    } else if (roles.includes('settlement')) {
      const file = mode === 'run' ? { file: join(folder, 'books', `${participantId}.jsonl`) } : {};
      settlementBank = createSettlementBank({ ...common, ...file });
    } else if (roles.includes('wallet')) {
      wallets.push({ participantId, wallet: createWallet(common) });
    } else {
      const acquirer = createAcquirer({
        ...common,
        codeKey: await loadKey(folder, `${participantId}-codes`),
      });
      const merchants = (merchantPlans[participantId] ?? []).map((merchant) =>
        createMerchant({ acquirer, merchant, currency: networkCurrency }),
      );
      acquirers.push({ participantId, acquirer, merchants });
    }
  }
  if (settlementBank === undefined) {
    throw new Error('the network has no settlement bank');
  }
  return { banks, wallets, acquirers, settlementBank };
}

/** Has everyone listen where the switch knows them, and registers who is new. */
async function connectAll(
  operator: Operator,
  options: NetworkOptions & { readonly parties: readonly Party[] },
): Promise<void> {
  const { parties, folder, reach = async (url) => url } = options;
  const registered = await operator.participants();
  for (const plan of participantPlans) {
    const party = get(parties, plan.participantId);
    const known = registered.find(({ participantId }) => participantId === plan.participantId);
    const { url } = await listenAt(party, known);
    if (known === undefined) {
      await register(operator, { plan, url: await reach(url), folder });
      const { tls } = await tlsFor(options, plan.participantId);
      if (tls !== undefined) {
        await operator.addCertificate(plan.participantId, { certificate: tls.cert });
      }
    }
  }
}

async function listenAt(party: Party, known: Participant | undefined): Promise<{ readonly url: string }> {
  const port = known === undefined ? 0 : Number(new URL(known.url).port);
  try {
    return await receiverOf(party).listen({ port });
  } catch (cause) {
    throw new ProtocolError(
      'NETWORK_PORT_TAKEN' satisfies NetworkErrorCode,
      `${party.participantId} cannot listen on port ${port}.`,
      {
        cause,
      },
    );
  }
}

async function register(
  operator: Operator,
  { plan, url, folder }: { plan: ParticipantPlan; url: string; folder: string },
): Promise<void> {
  const keys = [jwkOf(await loadKey(folder, plan.participantId), 'messages')];
  if (plan.roles.includes('acquirer')) {
    keys.push(jwkOf(await loadKey(folder, `${plan.participantId}-codes`), 'codes'));
  }
  await operator.register({ ...plan, url, keys });
}

async function tlsFor({ tls, folder }: NetworkOptions, participantId: string): Promise<TlsSettings> {
  return tls === undefined ? {} : { tls: await loadTls(folder, participantId) };
}

function jwkOf(key: SigningKey, use: 'messages' | 'codes') {
  return { jwk: key.publicJwk, use };
}

function receiverOf(party: Party): Pick<Bank, 'listen' | 'close'> {
  if ('issuer' in party || 'agent' in party) {
    return party;
  }
  return 'wallet' in party ? party.wallet : party.acquirer;
}

function get<T extends { readonly participantId: string }>(parties: readonly T[], participantId: string): T {
  const found = parties.find((party) => party.participantId === participantId);
  if (found === undefined) {
    throw new Error(`the network has no ${participantId}`);
  }
  return found;
}

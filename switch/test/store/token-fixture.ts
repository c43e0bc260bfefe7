import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { formatUuid7, type Money, type ParticipantId, type Role, type TokenCreated } from '@barlink/protocol';
import { createClock, createTestDatabase, type TestClock } from '@barlink/testing';
import {
  type AuditService,
  createAuditService,
  createAuditStore,
  type WriteMessage,
} from '../../src/audit/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import {
  createParticipantRegistry,
  createParticipantStore,
  type Participant,
  type ParticipantClient,
  type ParticipantRegistry,
  ParticipantSilence,
} from '../../src/participants/index.ts';
import {
  createPayerCodeStore,
  createProvisionService,
  createRefusalNotes,
  createTokenLifecycle,
  createTokenService,
  createTokenStore,
  createTokenUseStore,
  createTokenUses,
  createVault,
  createVaultRotation,
  createVaultStore,
  type Keyring,
  openKeyring,
  type PayerCodeStore,
  type ProvisionService,
  type RefusalNotes,
  type SealAlgorithm,
  type TokenLifecycle,
  type TokenService,
  type TokenStore,
  type TokenUseStore,
  type TokenUses,
  type Vault,
  type VaultRotation,
} from '../../src/tokens/index.ts';
import type { TokenDraft } from '../../src/tokens/service.ts';
import type { TokenControls } from '../../src/tokens/token-controls.ts';
import type { MerchantCodeUse } from '../../src/tokens/use-service.ts';
import { switchMigrations } from '../support/start-switch.ts';

export const networkNumber = '0001';
export const vaultKey = new Uint8Array(32).fill(42);

/** What the fake issuer was asked, and what it says next: the only fake of these tests. */
export interface FakeIssuer {
  readonly asked: { readonly participant: string; readonly path: string; readonly message: unknown }[];
  word: { readonly status: number; readonly value: unknown } | 'silence';
}

/** One process of the switch, as far as tokens are concerned. */
export interface VaultProcess {
  readonly audit: AuditService;
  readonly store: TokenStore;
  readonly codes: PayerCodeStore;
  readonly useStore: TokenUseStore;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly service: TokenService;
  readonly lifecycle: TokenLifecycle;
  readonly provisions: ProvisionService;
  readonly refusals: RefusalNotes;
  readonly uses: TokenUses;
  readonly rotation: VaultRotation;
}

export interface TokenFixture extends VaultProcess {
  /** Where its database is. */
  readonly url: string;
  readonly database: Database;
  readonly clock: TestClock;
  readonly issuer: FakeIssuer;
  readonly registry: ParticipantRegistry;
  participant(id: string): Participant;
  /** Another process on the same database. */
  startProcess(keys?: {
    readonly vaultKey: Uint8Array;
    readonly formerVaultKey?: Uint8Array;
    readonly algorithm?: SealAlgorithm;
  }): Promise<VaultProcess>;
  close(): Promise<void>;
}

const participants: readonly (readonly [string, readonly Role[], Participant['state']])[] = [
  ['bank-one', ['issuer'], 'active'],
  ['bank-two', ['issuer'], 'active'],
  ['bank-shut', ['issuer'], 'suspended'],
  ['wallet-one', ['wallet'], 'active'],
  ['wallet-two', ['wallet'], 'active'],
  ['shop-one', ['acquirer'], 'active'],
  ['operator', ['operator'], 'active'],
];

export async function createTokenFixture(): Promise<TokenFixture> {
  const test = await createTestDatabase({ migrations: switchMigrations });
  const database = openDatabase({ url: test.url, connections: 12, onError: () => undefined });
  const clock = createClock('2026-03-01T10:00:00Z');
  const registry = await seedParticipants(database, clock);
  const issuer: FakeIssuer = { asked: [], word: { status: 200, value: { outcome: 'approved' } } };
  const common = { database, clock, registry, client: createFakeClient(issuer) };
  return {
    ...(await startProcess(common, { vaultKey })),
    ...common,
    url: test.url,
    issuer,
    participant(id) {
      const found = registry.find(id);
      if (found === undefined) {
        throw new Error(`the fixture has no participant ${id}`);
      }
      return found;
    },
    startProcess: (keys = { vaultKey }) => startProcess(common, keys),
    async close() {
      await registry.stop();
      await database.close();
      await test.drop();
    },
  };
}

async function startProcess(
  common: {
    readonly database: Database;
    readonly clock: TestClock;
    readonly registry: ParticipantRegistry;
    readonly client: ParticipantClient;
  },
  keys: {
    readonly vaultKey: Uint8Array;
    readonly formerVaultKey?: Uint8Array;
    readonly algorithm?: SealAlgorithm;
  },
): Promise<VaultProcess> {
  const { database, clock, registry, client } = common;
  const { now } = clock;
  const audit = createAuditService({ database, store: createAuditStore() });
  const store = createTokenStore();
  const codes = createPayerCodeStore();
  const useStore = createTokenUseStore();
  const vaultStore = createVaultStore();
  const newId = () => formatUuid7(now().getTime(), randomBytes(10));
  const keyring = await openKeyring({ database, store: vaultStore, ...keys, newId, randomBytes, now });
  const { algorithm } = keys;
  const vault = createVault({ keyring, randomBytes, ...(algorithm === undefined ? {} : { algorithm }) });
  const onError = (error: unknown) => assert.fail(`a note was lost: ${error}`);
  const refusals = createRefusalNotes({ database, store: useStore, newId, now, onError });
  const shared = { database, store, codes, useStore, audit, keyring, vault, now, randomInt, networkNumber };
  return {
    audit,
    store,
    codes,
    useStore,
    keyring,
    vault,
    refusals,
    service: createTokenService({ ...shared, registry, client, approvalDeadlineMs: 1000 }),
    lifecycle: createTokenLifecycle(shared),
    provisions: createProvisionService(shared),
    uses: createTokenUses({ ...shared, refusals }),
    rotation: createVaultRotation({ database, store: vaultStore, audit, keyring, vault, newId, now }),
  };
}

async function seedParticipants(database: Database, clock: TestClock): Promise<ParticipantRegistry> {
  const store = createParticipantStore();
  for (const [at, [id, roles, state]] of participants.entries()) {
    await store.insertParticipant(database, {
      id: id as ParticipantId,
      name: id,
      number: String(100_000 + at),
      roles,
      url: 'http://127.0.0.1:1',
      state,
      createdAt: clock.now(),
    });
  }
  const onError = () => undefined;
  // The clock of these tests stands still.
  const repeat = () => async () => undefined;
  return createParticipantRegistry({ database, store, refreshMs: 60_000, repeat, onError });
}

function createFakeClient(issuer: FakeIssuer): ParticipantClient {
  return {
    async post(participant, path, message) {
      issuer.asked.push({ participant: participant.id, path, message });
      if (issuer.word === 'silence') {
        throw new ParticipantSilence('timeout');
      }
      return { ...issuer.word, body: '', signature: '' };
    },
    renewTls: () => undefined,
    close: async () => undefined,
  };
}

let count = 0;

/** A verified request of a sender; `again` is the same request signed anew. */
export function createMessage(
  sender: string,
  request: { readonly method: string; readonly target: string; readonly body: unknown; readonly at: Date },
): WriteMessage {
  count += 1;
  const { method, target, at } = request;
  const body = Buffer.from(request.body === undefined ? '' : JSON.stringify(request.body));
  return {
    sender: sender as ParticipantId,
    kid: 'kid',
    jti: `jti-${count}`,
    method,
    target,
    body,
    signature: `eyJhbGciOiJFUzI1NiJ9..signature-${count}`,
    receivedAt: at,
    idempotencyKey: formatUuid7(at.getTime(), randomBytes(10)),
    fingerprint: createHash('sha256').update(`${method}\n${target}\n`).update(body).digest(),
  };
}

export function again(message: WriteMessage): WriteMessage {
  count += 1;
  return { ...message, jti: `jti-${count}`, signature: `eyJhbGciOiJFUzI1NiJ9..signature-${count}` };
}

export const account = '6222021001116245702';

/** Controls that forbid nothing. */
export const openControls: TokenControls = {
  presentments: ['merchant', 'consumer'],
  paymentLimit: undefined,
  useLimits: [],
  merchants: undefined,
  categories: undefined,
  cryptogram: 'optional',
};

/** What a test wants otherwise. */
export type DraftChange = Partial<Omit<TokenDraft, 'controls'>> & {
  readonly controls?: Partial<TokenControls>;
};

/** A payment of the shop of most tests. */
export const payee = { acquirer: 'shop-one' as ParticipantId, merchantId: 'TEA-1', category: '5814' };

export function createDraft({ controls, ...rest }: DraftChange = {}): TokenDraft {
  return {
    issuer: 'bank-one' as ParticipantId,
    account,
    controls: { ...openControls, ...controls },
    activation: 'at_once',
    expiresAt: undefined,
    ...rest,
  };
}

/** The request of a wallet for a token. */
export function createRequest(fixture: TokenFixture, draft: TokenDraft, sender = 'wallet-one'): WriteMessage {
  const { issuer, account: asked } = draft;
  return createMessage(sender, {
    method: 'POST',
    target: '/v1/tokens',
    body: { issuer, account: asked },
    at: fixture.clock.now(),
  });
}

/** A token of wallet-one, or of another wallet. */
export async function createToken(
  fixture: TokenFixture,
  change: DraftChange = {},
  wallet = 'wallet-one',
): Promise<TokenCreated> {
  const draft = createDraft(change);
  const { status, body } = await fixture.service.create(
    createRequest(fixture, draft, wallet),
    fixture.participant(wallet),
    draft,
  );
  if (status !== 201) {
    throw new Error(`a token was answered with ${status}`);
  }
  return JSON.parse(body) as TokenCreated;
}

/** A participant does something to a token; answers the state the token is in then. */
export async function changeToken(
  fixture: TokenFixture,
  participant: string,
  to: Parameters<TokenLifecycle['change']>[2],
): Promise<string> {
  const target = `/v1/tokens/${to.tokenId}/${to.event}`;
  const message = createMessage(participant, { method: 'POST', target, body: {}, at: fixture.clock.now() });
  const { body } = await fixture.lifecycle.change(message, fixture.participant(participant), to);
  return (JSON.parse(body) as { state: string }).state;
}

export const cny = (minor: bigint): Money => ({ currency: 'CNY', minor });

/** A payment of a merchant's code by wallet-one. */
export function createUse(change: Partial<MerchantCodeUse> = {}): MerchantCodeUse {
  return {
    wallet: 'wallet-one' as ParticipantId,
    amount: cny(100n),
    payee,
    payload: 'the scanned text',
    idempotencyKey: '01950000-0000-7000-8000-0000000000aa',
    ...change,
  };
}

import type { CodeId, Money, ParticipantId, Role, TokenId } from '@barlink/protocol';
import type { CodeService } from '../../src/codes/index.ts';
import type { RegisteredCode } from '../../src/codes/merchant-code.ts';
import type { Participant, ParticipantRegistry } from '../../src/participants/index.ts';
import type { OpenedToken, TokenUses } from '../../src/tokens/index.ts';
import type { Chance } from './chance.ts';
import { createMemoryClaims } from './memory-stores.ts';
import { codeOf, idOf } from './stand-in-values.ts';

/** Who takes part in a run, with which tokens and codes. */
export interface NetworkPlan {
  readonly participants: readonly Participant[];
  readonly issuers: readonly ParticipantId[];
  readonly acquirers: readonly ParticipantId[];
  readonly wallets: readonly ParticipantId[];
  readonly agent: ParticipantId;
  readonly operator: ParticipantId;
  readonly tokens: readonly OpenedToken[];
  readonly codes: readonly RegisteredCode[];
  readonly cap: Money;
}

/** Two issuers, one of which is an acquirer too, another acquirer, and two wallets. */
export function drawNetwork(chance: Chance): NetworkPlan {
  const [east, west] = [
    participant('bank-east', ['issuer']),
    participant('bank-west', ['issuer', 'acquirer']),
  ];
  const tills = participant('tills', ['acquirer']);
  const wallets = [participant('wallet-one', ['wallet']), participant('wallet-two', ['wallet'])];
  const agent = participant('central-bank', ['settlement']);
  const operator = participant('operator', ['operator']);
  const participants = [east, west, tills, ...wallets, agent, operator];
  const issuers = [east.id, west.id];
  const acquirers = [west.id, tills.id];
  const tokens = wallets.flatMap((wallet) => issuers.map((issuer): OpenedToken => token(wallet.id, issuer)));
  const modes = ['static', 'static', 'dynamic', 'dynamic', 'dynamic'] as const;
  const codes = modes.map((mode, at): RegisteredCode => {
    const isDynamic = mode === 'dynamic';
    const amount = { currency: 'CNY', minor: BigInt(chance.between(1, 1000)) };
    return {
      ...codeOf(`000000000000000${at}`),
      codeId: `000000000000000${at}` as CodeId,
      acquirerId: chance.pick(acquirers),
      mode,
      uses: isDynamic ? 'single' : 'many',
      amount: isDynamic ? amount : undefined,
    };
  });
  const cap = { currency: 'CNY', minor: chance.pick([1_000_000n, 1_000_000n, 2500n]) };
  const ids = { wallets: wallets.map(({ id }) => id), agent: agent.id, operator: operator.id };
  return { participants, issuers, acquirers, ...ids, tokens, codes, cap };
}

function participant(id: string, roles: readonly Role[]): Participant {
  return {
    id: id as ParticipantId,
    name: id,
    number: '000001',
    roles,
    url: `http://${id}`,
    state: 'active',
    createdAt: new Date(0),
  };
}

function token(wallet: ParticipantId, issuer: ParticipantId): OpenedToken {
  return {
    tokenId: idOf(`${wallet} ${issuer}`) as TokenId,
    wallet,
    issuer,
    account: `account of ${wallet}`,
    accountMarking: '0'.repeat(29),
    state: 'active',
    expiresAt: new Date(8.64e15),
    taken: undefined,
  };
}

/** The register, as a process keeps it in memory. */
export function toRegistry({ participants }: NetworkPlan): ParticipantRegistry {
  const byId = new Map<string, Participant>(participants.map((one) => [one.id, one]));
  return { find: (id: string) => byId.get(id), list: () => participants } as unknown as ParticipantRegistry;
}

/** Reading codes is not what is simulated: a payload is the id of its code. */
export function toCodes({ codes }: NetworkPlan): CodeService {
  const byId = new Map<string, RegisteredCode>(codes.map((code) => [code.codeId, code]));
  return {
    async resolve(payload: string) {
      const code = byId.get(payload);
      if (code === undefined) {
        throw new Error('a wish names a code that is not in the plan');
      }
      return { code, trust: 'verified' as const };
    },
  } as CodeService;
}

/** Nor is the vault: a payer code is the place of its token and a slot. Its single use is real. */
export function toTokens({ tokens }: NetworkPlan): TokenUses {
  const get = (place: number) => {
    const opened = tokens[place];
    if (opened === undefined) {
      throw new Error('a wish names a token that is not in the plan');
    }
    return opened;
  };
  return {
    useToken: async (tokenId) => get(tokens.findIndex((one) => one.tokenId === tokenId)),
    openToken: async (tokenId) => get(tokens.findIndex((one) => one.tokenId === tokenId)),
    getAccountMarking: async () => '0'.repeat(29),
    async usePayerCode(payload) {
      const [place, slot] = payload.split('-').map(Number);
      const opened = get(place ?? 0);
      const claim = {
        tokenId: opened.tokenId,
        networkNumber: '0001',
        handle: `${place}`,
        step: 1,
        slot: slot ?? 0,
      };
      return { token: opened, claim };
    },
    claimPayerCodes: (connection, claims) => createMemoryClaims().claim(connection, claims, new Date(0)),
    changeTokenUses: async (_, { claims }) => claims.map(() => undefined),
    refuse: () => {
      throw new Error('tokens of a plan refuse nothing');
    },
    forgetPayerCodeUses: async () => 0,
  };
}

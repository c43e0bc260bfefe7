import { signCode } from '@barlink/signing';
import { joinNetwork, type ParticipantDouble } from './participant-double.ts';
import { startSwitch, type TestSwitch } from './start-switch.ts';

/**
 * A small network: one bank, one wallet app, one acquirer, and another of each to look over their shoulders.
 */
export interface TestNetwork {
  readonly switch: TestSwitch;
  readonly bank: ParticipantDouble;
  readonly wallet: ParticipantDouble;
  readonly acquirer: ParticipantDouble;
  readonly otherBank: ParticipantDouble;
  readonly otherWallet: ParticipantDouble;
  readonly otherAcquirer: ParticipantDouble;
  stop(): Promise<void>;
}

/** The merchant of most tests. */
export const merchant = {
  id: 'TEA-1',
  name: 'Jade Tea House',
  city: 'Hangzhou',
  category: '5814',
  country: 'CN',
};

export async function startNetwork(options: Parameters<typeof startSwitch>[0] = {}): Promise<TestNetwork> {
  const started = await startSwitch(options);
  const join = (id: string, number: string, role: string) =>
    joinNetwork(started, { id, number, roles: [role], ...(options.now && { now: options.now }) });
  const members = {
    bank: await join('bank-north', '000011', 'issuer'),
    otherBank: await join('bank-south', '000012', 'issuer'),
    wallet: await join('wallet-jade', '000021', 'wallet'),
    otherWallet: await join('wallet-river', '000022', 'wallet'),
    acquirer: await join('acquirer-east', '000031', 'acquirer'),
    otherAcquirer: await join('acquirer-west', '000032', 'acquirer'),
  };
  return {
    switch: started,
    ...members,
    async stop() {
      await started.stop();
      await Promise.all(Object.values(members).map((member) => member.close()));
    },
  };
}

/** A registered code, signed by its acquirer; static and without amount unless told otherwise. */
export async function makeCode(
  acquirer: ParticipantDouble,
  code: object = {},
): Promise<{ codeId: string; payload: string }> {
  const answer = await acquirer.send('POST', '/v1/codes', {
    merchant,
    mode: 'static',
    currency: 'CNY',
    ...code,
  });
  if (answer.status !== 201) {
    throw new Error(`code: ${answer.text}`);
  }
  return { codeId: answer.body.codeId, payload: await signCode(answer.body.payload, acquirer.codeKey) };
}

/** A token of the wallet for an account at the bank, with what its device needs for payer codes. */
export async function makeToken(
  wallet: ParticipantDouble,
  bank: ParticipantDouble,
  token: object = {},
): Promise<{
  tokenId: string;
  accountMarking: string;
  payerCode: { networkNumber: string; deviceKey: string; handles: string[] };
}> {
  const answer = await wallet.send('POST', '/v1/tokens', {
    issuer: bank.id,
    account: '6222021001116245702',
    ...token,
  });
  if (answer.status !== 201) {
    throw new Error(`token: ${answer.text}`);
  }
  return answer.body;
}

/** An issuer out of money: it declines every authorization, and does the rest as before. */
export function declineAll(usual: ParticipantDouble['reply']): ParticipantDouble['reply'] {
  return (message) =>
    message.path === '/authorizations'
      ? { body: { paymentId: message.body.paymentId, outcome: 'declined', reason: 'INSUFFICIENT_FUNDS' } }
      : usual(message);
}

/** Money on the wire. */
export const yuan = (minor: number) => ({ currency: 'CNY', minor: String(minor) });

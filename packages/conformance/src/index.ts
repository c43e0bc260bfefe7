export { type AccountBehaviour, type AccountSetup, type Bank, type BankOptions, createBank } from './bank.ts';
export { type BankBook, type Booking, createBankBook } from './bank-book.ts';
export { loadKey, writeOperatorJwk } from './keys.ts';
export {
  type AcquirerParty,
  createNetwork,
  type Network,
  type NetworkErrorCode,
  type NetworkOptions,
  type WalletParty,
} from './network.ts';
export {
  createSettlementBank,
  type SettlementBank,
  type SettlementBankOptions,
  type SettlementBehaviour,
} from './settlement-bank.ts';
export { type StartSwitchOptions, type SwitchProcess, startSwitch } from './switch-process.ts';
export { loadTls, prepareTls } from './tls.ts';

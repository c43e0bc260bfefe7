export { type AccountBehaviour, type AccountSetup, type Bank, type BankOptions, createBank } from './bank.ts';
export { type BankBook, type Booking, createBankBook } from './bank-book.ts';

import type { DataObject } from './emv/objects.ts';

/** Whose screen or paper shows the code. */
export type Presentment = 'merchant' | 'consumer';

/** `static` may be paid often, `dynamic` once; `unspecified` when the code does not say. */
export type Mode = 'static' | 'dynamic' | 'unspecified';

/** The payee as the code names it. All of it is untrusted text: escape it before showing it. */
export interface Merchant {
  readonly name?: string;
  readonly city?: string;
  readonly postalCode?: string;
  /** Merchant category code, four digits. */
  readonly category?: string;
  /** ISO 3166 alpha-2. */
  readonly country?: string;
}

/** How a tip or a convenience fee is set (EMVCo object 55). */
export type Tip = 'prompt' | 'fixed' | 'percentage';

/** The amount as the code prints it. A decimal string, never a number; absent when the payer types it. */
export interface CodeMoney {
  readonly amount?: string;
  /** ISO 4217 numeric, three digits as printed (`036`); absent for currencies without one (BTC). */
  readonly currency?: string;
  /** ISO 4217 alphabetic, when known. */
  readonly currencyAlpha?: string;
  readonly tip?: Tip;
  readonly feeFixed?: string;
  readonly feePercentage?: string;
}

/** One way to reach the payee's (or the payer's) money. A code may hold several; the wallet picks. */
export interface Account {
  /** The network or the kind of account: `visa`, `unionpay`, `pix`, `iban`, `vpa`, `address` ... */
  readonly network?: string;
  /** EMVCo object id (`26`), when there is one. */
  readonly id?: string;
  /** The globally unique identifier of an EMVCo template, as printed; absent when the template has none. */
  readonly gui?: string;
  /** The account when it is one text. */
  readonly value?: string;
  /** The account when it is a template: sub-object id to text, without `00` when that is the `gui`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** EMVCo additional data (object 62) by name; other ids under their two digits. */
export interface AdditionalData {
  readonly billNumber?: string;
  readonly mobileNumber?: string;
  readonly storeLabel?: string;
  readonly loyaltyNumber?: string;
  readonly referenceLabel?: string;
  readonly customerLabel?: string;
  readonly terminalLabel?: string;
  readonly purpose?: string;
  readonly consumerDataRequest?: string;
  readonly [id: string]: string | undefined;
}

/** EMVCo language template (object 64). */
export interface Language {
  readonly preference?: string;
  readonly merchantName?: string;
  readonly merchantCity?: string;
}

/** Scheme-specific fields by name, as the scheme's own file lists them. */
export type SchemeFields = Readonly<Record<string, unknown>>;

/** The normal form every scheme is read into. */
export interface CodeOf<Scheme extends string, Data = SchemeFields> {
  readonly scheme: Scheme;
  readonly presentment: Presentment;
  readonly mode: Mode;
  /** True when whoever reads the text can spend with it: never log it. */
  readonly secret: boolean;
  readonly merchant: Merchant;
  readonly money: CodeMoney;
  readonly accounts: readonly Account[];
  /** What the payee wants to see on the statement line, wherever the scheme keeps it. */
  readonly reference?: string;
  /** The instant after which the code should not be paid. */
  readonly expiry?: Date;
  /** What only this scheme has. */
  readonly data: Data;
  /** The raw tree: everything the text holds, in its order. `encode` starts from it. */
  readonly tree: readonly DataObject[];
  /** EMVCo additional data; EMVCo codes only. */
  readonly additional?: AdditionalData;
  /** EMVCo language template; EMVCo codes only. */
  readonly language?: Language;
  /** EMVCo unreserved templates (80-99); EMVCo codes only. */
  readonly unreserved?: readonly Account[];
  /** The checksum as printed, for schemes that print one. */
  readonly crc?: string;
}

/** A code of any scheme, when the scheme does not matter. */
export type AnyCode = CodeOf<string>;

/** What {@link AnyCode} needs at least to be written: everything else is optional. */
export interface CodeDraft<Scheme extends string = string, Data = SchemeFields> {
  readonly scheme: Scheme;
  readonly presentment?: Presentment;
  readonly mode?: Mode;
  readonly secret?: boolean;
  readonly merchant?: Merchant;
  readonly money?: CodeMoney;
  readonly accounts?: readonly Account[];
  readonly reference?: string;
  readonly expiry?: Date;
  readonly data?: Partial<Data>;
  readonly tree?: readonly DataObject[];
  readonly additional?: AdditionalData;
  readonly language?: Language;
  readonly unreserved?: readonly Account[];
  readonly crc?: string;
}

/** What a text looks like, before it is read. */
export interface Recognition {
  readonly scheme: string;
  readonly presentment: Presentment;
  readonly mode: Mode;
  /** True when the text must not be logged: whoever reads it can spend with it. */
  readonly secret: boolean;
}

/** One broken rule that does not keep a code from being read. */
export interface Violation {
  /** A code as in `CodeErrorCode`. */
  readonly code: string;
  /**
   * `error`: strict parsing refuses it. `deviation`: the scheme allows it against EMVCo. `warning`:
   * harmless.
   */
  readonly severity: 'error' | 'deviation' | 'warning';
  /** The object or field, `62.05`. */
  readonly path: string;
  readonly message: string;
}

/** One scheme, or one family of schemes that share a text form. */
export interface Scheme {
  /** The scheme names this entry reads and writes. */
  readonly names: readonly string[];
  readonly presentment: Presentment;
  /** Looks only; never throws. */
  readonly recognize: (text: string) => Recognition | undefined;
  /** A cheaper test before `decode`, where `recognize` has to read the text to say more. */
  readonly starts?: (text: string) => boolean;
  /** Reads a text that `recognize` accepted. */
  readonly decode: (text: string) => AnyCode;
  /** Writes the text; absent when the scheme is read only. */
  readonly encode?: (code: CodeDraft) => string;
  /** Lists the rules a decoded code breaks. */
  readonly validate?: (code: AnyCode, text: string) => Violation[];
}

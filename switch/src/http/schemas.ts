import {
  type CodeId,
  findCurrency,
  type Money,
  type ParticipantId,
  ProtocolError,
  parseMoney,
  type Reason,
  reasons,
  type TokenId,
} from '@barlink/protocol';
import { z } from 'zod';

/** Runs a parser of `@barlink/protocol` inside a schema, keeping its error code. */
function parsed<Input, Output>(parse: (input: Input) => Output) {
  return (input: Input, context: z.core.$RefinementCtx): Output => {
    try {
      return parse(input);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      const path = (error.path ?? '').split('/').filter((segment) => segment !== '');
      context.issues.push({
        code: 'custom',
        message: error.message,
        input,
        path,
        params: { code: error.code },
      });
      return z.NEVER;
    }
  };
}

/** A text whose form makes it a value of a type of its own. */
function typed<Value extends string>(form: z.ZodType<string, string>): z.ZodType<Value, string> {
  return form as unknown as z.ZodType<Value, string>;
}

const wireMoney = z
  .strictObject({
    currency: z.string().meta({ description: 'ISO 4217 alphabetic code', example: 'CNY' }),
    minor: z
      .string()
      .max(64)
      .meta({ description: 'Whole minor units', example: '1250', pattern: '^(0|[1-9][0-9]{0,12})$' }),
  })
  .meta({ id: 'Money' });

/** Payable money: more than zero. */
export const moneySchema = wireMoney.transform(parsed((value) => parseMoney(value)));

/** Money that may be zero: a cap. */
export const wireMoneyOrZero = wireMoney.transform(
  parsed((value): Money => {
    if (value.minor === '0' && findCurrency(value.currency)?.code === value.currency) {
      return { currency: value.currency, minor: 0n };
    }
    return parseMoney(value);
  }),
);

/** Money in an answer. */
export const wireMoneySchema = wireMoney;

/** `{}`. */
export const empty = z.strictObject({}).meta({ id: 'Empty' });

export const participantIdSchema = typed<ParticipantId>(
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/)
    .meta({ example: 'bank-north' }),
);

export const participantNumberSchema = z.string().regex(/^\d{6}$/);

export const tokenIdSchema = typed<TokenId>(z.uuidv7());

export const codeIdSchema = typed<CodeId>(z.string().regex(/^[0-9A-HJKMNP-TV-Z]{16}$/));

export const currencySchema = z.string().transform(
  parsed((text) => {
    if (findCurrency(text)?.code !== text) {
      throw new ProtocolError('MONEY_CURRENCY_UNKNOWN', 'The currency is not an ISO 4217 alphabetic code.');
    }
    return text;
  }),
);

export const reasonSchema = z.enum(Object.keys(reasons) as [Reason, ...Reason[]]).meta({ id: 'Reason' });

export const presentmentSchema = z.enum(['merchant', 'consumer']);

export const instantSchema = z.iso.datetime();

/** 1 to 25 printable characters: what an EMVCo reference label holds. */
export const referenceSchema = z.string().regex(/^[ -~]{1,25}$/);

/** Where a code hangs, 1 to 25 printable characters: what an EMVCo store or terminal label holds. */
export const placeSchema = z.string().regex(/^[ -~]{1,25}$/);

/** A merchant as its acquirer describes it; lengths are EMVCo's for objects 59 and 60. */
export const merchantSchema = z
  .strictObject({
    id: z.string().regex(/^[A-Z0-9-]{1,15}$/),
    name: z.string().regex(/^[ -~]{1,25}$/),
    city: z.string().regex(/^[ -~]{1,15}$/),
    category: z.string().regex(/^\d{4}$/),
    country: z.string().regex(/^[A-Z]{2}$/),
  })
  .meta({ id: 'Merchant' });

/** A JSON Web Key; what it holds is checked when it is imported. */
export const jwkSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Jwk', description: 'RFC 7517, public' });

/** A payload text as scanned; 512 characters is EMVCo's limit for a symbol. */
export const payloadSchema = z.string().min(1).max(512);

import { z } from 'zod';
import {
  instantSchema,
  moneySchema,
  participantIdSchema,
  presentmentSchema,
  wireMoneySchema,
} from '../http/schemas.ts';
import { assuranceMethods } from './approval.ts';
import type { TokenControls } from './token-controls.ts';

const merchantsSchema = z
  .array(
    z.strictObject({
      acquirer: participantIdSchema,
      merchantId: z
        .string()
        .regex(/^[A-Z0-9-]{1,15}$/)
        .optional()
        .meta({ description: 'All merchants of the acquirer when absent' }),
    }),
  )
  .min(1)
  .max(50);

const categoriesSchema = z
  .array(z.string().regex(/^\d{4}$/))
  .min(1)
  .max(50);
const countSchema = z.int().min(1).max(1_000_000);
const cryptogramSchema = z.enum(['optional', 'required']);
const periodSchema = z.enum(['day', 'validity']);

/** The controls of a token in a request; what is absent is not limited. */
export const controlMembers = {
  presentments: z.array(presentmentSchema).min(1).max(2).optional(),
  paymentLimit: moneySchema.optional(),
  useLimits: z
    .array(
      z.strictObject({
        period: periodSchema.meta({ description: 'A day of UTC, or the life of the token' }),
        count: countSchema.optional(),
        amount: moneySchema.optional(),
      }),
    )
    .min(1)
    .max(2)
    .optional(),
  merchants: merchantsSchema.optional(),
  categories: categoriesSchema.optional(),
  cryptogram: cryptogramSchema.optional(),
  expiresAt: instantSchema.optional(),
};

const controlRequest = z.strictObject(controlMembers);

/** Controls as a request names them. */
export function toControls(body: z.output<typeof controlRequest>): TokenControls {
  const asked = body.presentments ?? presentmentSchema.options;
  return {
    presentments: presentmentSchema.options.filter((presentment) => asked.includes(presentment)),
    paymentLimit: body.paymentLimit,
    useLimits: (body.useLimits ?? []).map(({ period, count, amount }) => ({ period, count, amount })),
    merchants: body.merchants?.map(({ acquirer, merchantId }) => ({ acquirer, merchantId })),
    categories: body.categories,
    cryptogram: body.cryptogram ?? 'optional',
  };
}

/** The expiry a request names. */
export function toExpiry({ expiresAt }: { readonly expiresAt?: string | undefined }): Date | undefined {
  return expiresAt === undefined ? undefined : new Date(expiresAt);
}

/** How the account holder was verified, by EMVCo's numbers. */
export const assuranceMethodSchema = z.enum(assuranceMethods).meta({
  description:
    '00 not at all, 10 the account only, 11 one factor, 12 two factors, ' +
    '13 the issuer by its own risk data, 14 an authentication the issuer asserts',
});

/** A token in an answer. */
export const tokenMembers = {
  tokenId: z.uuidv7(),
  issuer: participantIdSchema,
  requestorId: z
    .string()
    .regex(/^\d{11}$/)
    .meta({ description: 'Stands for the wallet' }),
  state: z.enum(['requested', 'inactive', 'active', 'suspended', 'expired', 'deleted']),
  accountMarking: z
    .string()
    .meta({ description: 'The same for all tokens of one account, useless for payment' }),
  accountHint: z.string().meta({ description: 'Last characters of the account' }),
  assuranceMethod: assuranceMethodSchema,
  presentments: z.array(presentmentSchema),
  paymentLimit: wireMoneySchema.optional(),
  useLimits: z
    .array(
      z.strictObject({
        period: periodSchema,
        count: z.int().optional(),
        amount: wireMoneySchema.optional(),
      }),
    )
    .optional(),
  merchants: merchantsSchema.optional(),
  categories: categoriesSchema.optional(),
  cryptogram: cryptogramSchema,
  expiresAt: instantSchema,
  createdAt: instantSchema,
};

/** A token as its wallet, its issuer and the operator see it. */
export const tokenResource = z.strictObject(tokenMembers).meta({ id: 'Token' });

import type { ParticipantId } from '@barlink/protocol';
import { z } from 'zod';
import {
  answer,
  type Call,
  type Endpoint,
  openEndpoint,
  readEndpoint,
  writeEndpoint,
} from '../http/endpoint.ts';
import { instantSchema } from '../http/schemas.ts';
import { LogError } from './log-errors.ts';
import type { LogService, PlacedLeaf, PublishedHead } from './log-service.ts';
import { encodeHash } from './tree-head.ts';

const hashSchema = z.string().meta({ description: '32 bytes in base64url' });
const headSchema = z
  .strictObject({
    size: z.int(),
    root: hashSchema,
    at: z.iso.datetime(),
    signed: z.string().meta({ description: 'Compact JWS, typ barlink-tree-head+jws' }),
    cosignatures: z.array(
      z.strictObject({
        witness: z.string(),
        signed: z.string().meta({ description: 'Compact JWS, typ barlink-cosignature+jws' }),
      }),
    ),
  })
  .meta({ id: 'TreeHead' });
const headsSchema = z
  .strictObject({ heads: z.array(headSchema.omit({ cosignatures: true })) })
  .meta({ id: 'TreeHeads' });
const inclusionSchema = z
  .strictObject({ index: z.int(), size: z.int(), leaf: hashSchema, path: z.array(hashSchema) })
  .meta({ id: 'InclusionProof' });
const consistencySchema = z
  .strictObject({ first: z.int(), second: z.int(), path: z.array(hashSchema) })
  .meta({ id: 'ConsistencyProof' });
const entriesSchema = z
  .strictObject({ start: z.int(), leaves: z.array(hashSchema) })
  .meta({ id: 'LogEntries' });
const leafKind = z.enum(['message', 'event', 'transfer', 'expiry', 'answer']);
const leafSchema = z
  .strictObject({
    kind: leafKind,
    ref: z.string(),
    part: z.string(),
    leaf: hashSchema,
    index: z.int().optional().meta({ description: 'Absent until a signed head covers the leaf' }),
    salt: hashSchema.optional().meta({ description: 'Absent once erased, and for others than its owners' }),
    record: z.string().optional().meta({ description: 'The bytes committed to, as UTF-8 text' }),
  })
  .meta({ id: 'LogLeaf' });
const leavesSchema = z.strictObject({ leaves: z.array(leafSchema) }).meta({ id: 'LogLeaves' });
const unloggedSchema = z
  .strictObject({
    records: z.array(z.strictObject({ kind: leafKind, ref: z.string(), part: z.string() })),
  })
  .meta({ id: 'UnloggedRecords' });

const everyone = ['issuer', 'acquirer', 'wallet', 'operator'] as const;
const operator = ['operator'] as const;

/** What the endpoints of the log are made of. */
export interface LogEndpointParts {
  readonly log: LogService;
  /** Who is party to a payment; throws when the viewer is not. */
  readonly partiesOf: (
    viewer: ParticipantId | 'operator',
    paymentId: string,
  ) => Promise<{ readonly issuerId: string }>;
}

/** Heads, proofs and leaf hashes for anyone; what opens a leaf for its owner; all of it for the operator. */
export function createLogEndpoints(parts: LogEndpointParts): readonly Endpoint[] {
  return [...createPublicEndpoints(parts), ...createOwnEndpoints(parts), ...createOperatorEndpoints(parts)];
}

function createPublicEndpoints({ log }: LogEndpointParts): readonly Endpoint[] {
  return [
    openEndpoint({
      method: 'get',
      path: '/v1/log/sth',
      summary: 'The latest signed tree head of the transparency log',
      answer: { status: 200, schema: headSchema },
      handle: async () => answer(200, renderHead(await log.getHead())),
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/log/sth/{size}',
      summary: 'The signed tree head of a size, with its cosignatures',
      answer: { status: 200, schema: headSchema },
      handle: async ({ size }) => answer(200, renderHead(await log.getHead(parseCount(size)))),
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/log/heads/{after}',
      summary: 'Signed tree heads of more leaves than this, smallest first, at most 500',
      answer: { status: 200, schema: headsSchema },
      handle: async ({ after }) => {
        const heads = await log.listHeads(parseCount(after));
        return answer(200, {
          heads: heads.map((head) => ({
            size: head.size,
            root: encodeHash(head.root),
            at: head.at.toISOString(),
            signed: head.signed,
          })),
        });
      },
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/log/proofs/inclusion/{index}/{size}',
      summary: 'Proves that a leaf is in the tree of a size (RFC 9162 2.1.3)',
      answer: { status: 200, schema: inclusionSchema },
      handle: async (parameters) => {
        const [index, size] = [parseCount(parameters.index), parseCount(parameters.size)];
        const { leaf, path } = await log.proveInclusion(index, size);
        return answer(200, { index, size, leaf: encodeHash(leaf), path: path.map(encodeHash) });
      },
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/log/proofs/consistency/{first}/{second}',
      summary: 'Proves that one tree begins another (RFC 9162 2.1.4)',
      answer: { status: 200, schema: consistencySchema },
      handle: async (parameters) => {
        const [first, second] = [parseCount(parameters.first), parseCount(parameters.second)];
        const path = await log.proveConsistency(first, second);
        return answer(200, { first, second, path: path.map(encodeHash) });
      },
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/log/entries/{start}/{count}',
      summary: 'Leaf hashes in the order of the tree, at most 1,000',
      answer: { status: 200, schema: entriesSchema },
      handle: async (parameters) => {
        const start = parseCount(parameters.start);
        const leaves = await log.listEntries(start, parseCount(parameters.count));
        return answer(200, { start, leaves: leaves.map(encodeHash) });
      },
    }),
  ];
}

function createOwnEndpoints({ log, partiesOf }: LogEndpointParts): readonly Endpoint[] {
  return [
    readEndpoint({
      method: 'get',
      path: '/v1/log/messages/{jti}',
      summary: 'The leaf of a message you sent, with what opens it',
      roles: everyone,
      answer: { status: 200, schema: leafSchema },
      handle: async ({ sender, parameters: { jti = '' } }) =>
        answer(200, renderLeaf(await log.openMessage(sender.id, jti))),
    }),
    readEndpoint({
      method: 'get',
      path: '/v1/log/payments/{paymentId}',
      summary: 'The leaves of a payment of yours; what opens them where it is yours',
      roles: ['issuer', 'acquirer', 'wallet'],
      answer: { status: 200, schema: leavesSchema },
      handle: async ({ sender, parameters: { paymentId = '' } }) => {
        const { issuerId } = await partiesOf(sender.id, paymentId);
        const leaves = await log.openPayment(paymentId);
        return answer(200, {
          leaves: leaves.map((leaf) =>
            renderLeaf(mayOpen(leaf, { viewer: sender.id, issuerId }) ? leaf : close(leaf)),
          ),
        });
      },
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/log/sth/{size}/cosignatures',
      summary: 'A witness signs that it saw this head continue the last one it saw',
      roles: everyone,
      request: z.strictObject({ signed: z.string().max(4096) }).meta({ id: 'Cosignature' }),
      answer: { status: 201, schema: z.strictObject({ size: z.int(), witness: z.string() }) },
      handle: ({ message, body, parameters: { size } }) => log.cosign(message, parseCount(size), body.signed),
    }),
  ];
}

function createOperatorEndpoints({ log, partiesOf }: LogEndpointParts): readonly Endpoint[] {
  const openAny = async (paymentId: string) => {
    await partiesOf('operator', paymentId);
    return log.openPayment(paymentId);
  };
  return [
    readEndpoint({
      method: 'get',
      path: '/admin/v1/log/payments/{paymentId}',
      summary: 'The leaves of a payment with what opens them',
      roles: operator,
      answer: { status: 200, schema: leavesSchema },
      handle: async ({ parameters: { paymentId = '' } }: Call<unknown>) =>
        answer(200, { leaves: (await openAny(paymentId)).map(renderLeaf) }),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/log/sth/{size}/leaves',
      summary: 'Every leaf a head is the first to cover, with what opens it',
      roles: operator,
      answer: { status: 200, schema: leavesSchema },
      handle: async ({ parameters: { size } }: Call<unknown>) =>
        answer(200, { leaves: (await log.openHead(parseCount(size))).map(renderLeaf) }),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/log/unlogged',
      summary: 'Records that are no leaf, at most 100: there should be none',
      roles: operator,
      answer: { status: 200, schema: unloggedSchema },
      handle: async () => answer(200, { records: await log.listUnlogged() }),
    }),
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/log/erasures',
      summary: 'Erases salts and messages older than an instant; leaves and proofs stay',
      roles: operator,
      request: z.strictObject({ before: instantSchema }).meta({ id: 'LogErasure' }),
      answer: { status: 200, schema: z.strictObject({ salts: z.int(), messages: z.int() }) },
      handle: ({ message, body }) => log.erase(message, new Date(body.before)),
    }),
  ];
}

/** A message is its sender's, the issuer's word the issuer's; what moved is every party's. */
function mayOpen(leaf: PlacedLeaf, of: { readonly viewer: string; readonly issuerId: string }): boolean {
  switch (leaf.kind) {
    case 'message':
    case 'answer':
      return leaf.part === of.viewer;
    case 'event':
      return of.viewer === of.issuerId;
    case 'transfer':
    case 'expiry':
      return true;
  }
}

/** What is left of a leaf for others: who sent it and with which key is none of their business. */
function close(leaf: PlacedLeaf): PlacedLeaf {
  const isMessage = leaf.kind === 'message' || leaf.kind === 'answer';
  const hidden = isMessage ? { ref: '', part: '' } : {};
  return { ...leaf, ...hidden, salt: undefined, record: undefined };
}

function renderLeaf({ kind, ref, part, hash, index, salt, record }: PlacedLeaf): object {
  return {
    kind,
    ref,
    part,
    leaf: encodeHash(hash),
    ...(index === undefined ? {} : { index }),
    ...(salt === undefined ? {} : { salt: encodeHash(salt) }),
    ...(record === undefined ? {} : { record }),
  };
}

function renderHead({ size, root, at, signed, cosignatures }: PublishedHead): object {
  return { size, root: encodeHash(root), at: at.toISOString(), signed, cosignatures };
}

/** A whole number in a path. @throws {LogError} `LOG_RANGE_INVALID` */
function parseCount(text = ''): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) {
    throw new LogError('LOG_RANGE_INVALID');
  }
  return Number(text);
}

import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import { generateSigningKey } from '@barlink/signing';
import { createTestDatabase } from '@barlink/testing';
import { openDatabase } from '../../src/database/index.ts';
import { createParticipantRegistry, createParticipantStore } from '../../src/participants/index.ts';
import { switchMigrations } from '../support/start-switch.ts';

const id = 'bank-late' as ParticipantId;
const at = new Date('2026-03-01T08:00:00Z');

describe('the register of participants', () => {
  it('knows the owner of every key it knows, when one registers while it is read', async () => {
    const test = await createTestDatabase({ migrations: switchMigrations });
    const database = openDatabase({ url: test.url, connections: 2, onError: assert.ifError });
    try {
      const { kid, publicJwk } = await generateSigningKey('ES256');
      const store = createParticipantStore();
      let reads = 0;
      /** Registers between the first and the second query of the read. */
      async function registerAfterFirst<Read>(read: Promise<Read>): Promise<Read> {
        const rows = await read;
        reads += 1;
        if (reads === 1) {
          await store.insertParticipant(database, {
            id,
            name: 'Bank Late',
            number: '000077',
            roles: ['issuer'],
            url: 'http://127.0.0.1:1',
            state: 'active',
            createdAt: at,
          });
          await store.insertKey(database, {
            kid,
            participantId: id,
            use: 'messages',
            jwk: { ...publicJwk },
            registeredAt: at,
            notBefore: undefined,
            expiresAt: undefined,
            revokedAt: undefined,
          });
        }
        return rows;
      }
      const registry = await createParticipantRegistry({
        database,
        store: {
          ...store,
          listParticipants: (queryable) => registerAfterFirst(store.listParticipants(queryable)),
          listKeys: (queryable) => registerAfterFirst(store.listKeys(queryable)),
        },
        refreshMs: 60_000,
        onError: assert.ifError,
        repeat: () => async () => undefined,
      });
      assert.equal(reads, 2);
      assert.equal(registry.listKeys(id).length > 0 && registry.find(id) === undefined, false);
      await registry.refresh();
      const key = await registry.findMessageKey(kid, id);
      assert.deepEqual([key?.kid, registry.find(id)?.id], [kid, id]);
    } finally {
      await database.close();
      await test.drop();
    }
  });
});

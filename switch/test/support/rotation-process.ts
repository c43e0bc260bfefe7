import { randomBytes } from 'node:crypto';
import { createAuditService, createAuditStore } from '../../src/audit/index.ts';
import { openDatabase } from '../../src/database/index.ts';
import { newId } from '../../src/new-id.ts';
import { createVault, createVaultRotation, createVaultStore, openKeyring } from '../../src/tokens/index.ts';

/** A process that goes on with a rotation, one account at a time, until it is done or killed. */
const [url = '', vaultKey = ''] = process.argv.slice(2);
const database = openDatabase({ url, connections: 2, onError: () => undefined });
const store = createVaultStore();
const now = () => new Date('2026-03-01T10:00:00Z');
const parts = { database, store, newId, randomBytes, now };
const keyring = await openKeyring({ ...parts, vaultKey: Buffer.from(vaultKey, 'hex') });
const vault = createVault({ keyring, randomBytes });
const audit = createAuditService({ database, store: createAuditStore() });
process.stdout.write('ready\n');
await createVaultRotation({ ...parts, audit, keyring, vault, batch: 1 }).work();
await database.close();

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/paying-crowd.ts';
import { readChildren, signalAll } from '../support/processes.ts';
import { readRows } from '../support/read-rows.ts';

/** One node: Patroni and the PostgreSQL it keeps. */
export interface PatroniNode {
  readonly name: string;
  readonly databasePort: number;
  /** Patroni, the postmaster and its children. */
  listProcesses(): Promise<readonly number[]>;
  /** Starts Patroni; it brings the server up, or back as a replica. */
  start(): void;
}

/** Three of them behind three etcd, on this machine. */
export interface PatroniCluster {
  readonly nodes: readonly PatroniNode[];
  /** The URL a switch is given: all hosts. */
  readonly url: string;
  /** The node whose key of leadership is in etcd now. */
  findLeader(): Promise<PatroniNode | undefined>;
  /** Waits until there is a leader, and so many replicas stream from it, one of them synchronous. */
  isWhole(replicas: number): Promise<void>;
  /** Where one node alone answers. */
  urlOf(node: PatroniNode): string;
  /** What Patroni says of each member, and its server of itself: for a run that failed. */
  describe(): Promise<string>;
  stop(): Promise<void>;
}

/** Seconds: how long leadership lasts without renewal, how often it is looked after. */
export interface PatroniTimes {
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
}

const members = 3;
const serverFolders = [
  '/usr/lib/postgresql/15/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/17/bin',
];

/** What this needs and does not find, as packages of Debian. */
export function listMissing(): readonly string[] {
  const missing = [
    ...(existsSync('/usr/bin/patroni') ? [] : ['patroni']),
    ...(existsSync('/usr/bin/etcd') ? [] : ['etcd-server']),
    ...(findServerFolder() === undefined ? ['postgresql'] : []),
  ];
  return missing;
}

/** Starts the cluster in a folder of its own. */
export async function startPatroniCluster(options: {
  readonly folder: string;
  readonly times: PatroniTimes;
}): Promise<PatroniCluster> {
  const { folder, times } = options;
  const owner = findOwner();
  const password = randomBytes(12).toString('hex');
  own(folder, owner);
  const children: ChildProcess[] = [];
  const launch = (name: string, program: string, parameters: readonly string[]) => {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const child = spawn(program, parameters, { ...owner, cwd: folder, stdio: ['ignore', log, log] });
    children.push(child);
    return child;
  };
  const etcd = await startEtcd(folder, launch, owner);
  const nodes: (PatroniNode & { readonly restPort: number })[] = [];
  for (let at = 1; at <= members; at += 1) {
    nodes.push(await createNode({ name: `node${at}`, folder, times, password, etcd, launch, owner }));
  }
  for (const node of nodes) {
    node.start();
  }
  const hosts = nodes.map(({ databasePort }) => `127.0.0.1:${databasePort}`).join(',');
  const urlOf = ({ databasePort }: PatroniNode) =>
    `postgresql://barlink:${password}@127.0.0.1:${databasePort}/barlink`;
  const url = `postgresql://barlink:${password}@${hosts}/barlink?target_session_attrs=read-write`;

  async function readStanding(): Promise<readonly Standing[]> {
    for (const { restPort } of nodes) {
      const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`, {
        signal: AbortSignal.timeout(1000),
      }).catch(() => undefined);
      if (answer?.ok === true) {
        return ((await answer.json()) as { members: Standing[] }).members;
      }
    }
    return [];
  }

  async function findLeader(): Promise<PatroniNode | undefined> {
    const leader = (await readStanding()).find(({ role, state }) => role === 'leader' && state === 'running');
    return nodes.find(({ name }) => name === leader?.name);
  }

  async function isWhole(replicas: number): Promise<void> {
    await until(`a leader and ${replicas} replicas`, async () => {
      const standing = await readStanding();
      const following = standing.filter(
        ({ role, state }) => role !== 'leader' && /running|streaming/.test(state),
      );
      const hasLeader = standing.some(({ role, state }) => role === 'leader' && state === 'running');
      return (
        hasLeader && following.length >= replicas && standing.some(({ role }) => role === 'sync_standby')
      );
    });
  }

  await isWhole(members - 1);
  await createDatabase((await findLeader())?.databasePort ?? 0, password);
  return {
    nodes,
    url,
    findLeader,
    isWhole,
    urlOf,
    async describe() {
      const standing = JSON.stringify(await readStanding());
      const servers = nodes.map(async (node) => {
        const isReplica = await readIsReplica(urlOf(node)).catch(String);
        return `${node.name} (${node.databasePort}): replica ${isReplica}`;
      });
      return [standing, ...(await Promise.all(servers))].join('\n');
    },
    async stop() {
      const processes = (await Promise.all(nodes.map((node) => node.listProcesses()))).flat();
      signalAll(processes, 'SIGCONT');
      signalAll(processes, 'SIGKILL');
      for (const child of children) {
        if (child.exitCode === null && child.signalCode === null) {
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        }
      }
    },
  };
}

interface Standing {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

type Launch = (name: string, program: string, parameters: readonly string[]) => ChildProcess;
/** Who runs the servers: root may not. */
type Owner = { readonly uid: number; readonly gid: number } | undefined;

function findOwner(): Owner {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function own(path: string, owner: Owner): void {
  if (owner !== undefined) {
    chownSync(path, owner.uid, owner.gid);
  }
}

function findServerFolder(): string | undefined {
  return serverFolders.find((folder) => existsSync(join(folder, 'initdb')));
}

/** Three etcd, so that the loss of a machine loses none of its answers. */
async function startEtcd(folder: string, launch: Launch, owner: Owner): Promise<Etcd> {
  const protocol = chooseProtocol();
  const ports: { peer: number; client: number }[] = [];
  for (let at = 0; at < members; at += 1) {
    ports.push({ peer: await freePort(), client: await freePort() });
  }
  const cluster = ports.map(({ peer }, at) => `etcd${at}=http://127.0.0.1:${peer}`).join(',');
  ports.forEach(({ peer, client }, at) => {
    const data = join(folder, `etcd${at}`);
    mkdirSync(data, { mode: 0o700 });
    own(data, owner);
    launch(`etcd${at}`, '/usr/bin/etcd', [
      `--name=etcd${at}`,
      `--data-dir=${data}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--initial-cluster=${cluster}`,
      '--initial-cluster-state=new',
      ...(protocol === 'etcd' ? ['--enable-v2=true'] : []),
      '--log-level=error',
    ]);
  });
  const answers = () =>
    Promise.all(ports.map(async ({ client }) => (await fetch(`http://127.0.0.1:${client}/health`)).ok));
  await until('etcd answers', async () => (await answers()).every(Boolean));
  return { protocol, hosts: ports.map(({ client }) => `127.0.0.1:${client}`).join(',') };
}

async function createNode(parts: {
  readonly name: string;
  readonly folder: string;
  readonly times: PatroniTimes;
  readonly password: string;
  readonly etcd: Etcd;
  readonly launch: Launch;
  readonly owner: Owner;
}): Promise<PatroniNode & { readonly restPort: number }> {
  const { name, folder, launch, owner } = parts;
  const databasePort = await freePort();
  const restPort = await freePort();
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700 });
  own(data, owner);
  const settings = join(folder, `${name}.yml`);
  // JSON is YAML.
  writeFileSync(settings, JSON.stringify(describeNode({ ...parts, databasePort, restPort, data }), null, 2));
  chmodSync(settings, 0o600);
  own(settings, owner);
  let patroni: ChildProcess | undefined;
  return {
    name,
    databasePort,
    restPort,
    start() {
      patroni = launch(name, '/usr/bin/patroni', [settings]);
    },
    async listProcesses() {
      const pidFile = join(data, 'postmaster.pid');
      const postmaster = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0;
      const serving = postmaster === 0 ? [] : [postmaster, ...((await readChildren(postmaster)) ?? [])];
      return [...(patroni?.pid === undefined ? [] : [patroni.pid]), ...serving];
    },
  };
}

/** Where Patroni finds etcd, and what it calls the protocol it speaks to it. */
interface Etcd {
  readonly protocol: 'etcd' | 'etcd3';
  readonly hosts: string;
}

/**
 * In the newer protocol a leader that was paused takes its leadership back from the next one before Patroni
 * 3.0.3 (docs/failover.md).
 */
function chooseProtocol(): Etcd['protocol'] {
  const version = execFileSync('/usr/bin/patroni', ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major > 3 || (major === 3 && (minor > 0 || patch >= 3)) ? 'etcd3' : 'etcd';
}

/** docs/failover.md says why each of these is as it is. */
function describeNode(parts: {
  readonly name: string;
  readonly folder: string;
  readonly times: PatroniTimes;
  readonly password: string;
  readonly etcd: Etcd;
  readonly databasePort: number;
  readonly restPort: number;
  readonly data: string;
}): object {
  const { name, folder, times, password, etcd, databasePort, restPort, data } = parts;
  const account = (username: string) => ({ username, password });
  return {
    scope: 'barlink',
    name,
    restapi: { listen: `127.0.0.1:${restPort}`, connect_address: `127.0.0.1:${restPort}` },
    [etcd.protocol]: { hosts: etcd.hosts },
    bootstrap: {
      dcs: {
        ttl: times.ttl,
        loop_wait: times.loopWait,
        retry_timeout: times.retryTimeout,
        primary_start_timeout: 0,
        synchronous_mode: true,
        synchronous_mode_strict: true,
        synchronous_node_count: 1,
        postgresql: {
          use_pg_rewind: true,
          parameters: { synchronous_commit: 'on', wal_log_hints: 'on', max_connections: 100 },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
    },
    postgresql: {
      listen: `127.0.0.1:${databasePort}`,
      connect_address: `127.0.0.1:${databasePort}`,
      data_dir: data,
      bin_dir: findServerFolder(),
      pgpass: join(folder, `${name}.pgpass`),
      authentication: {
        superuser: account('barlink'),
        replication: account('replicator'),
        rewind: account('rewinder'),
      },
      pg_hba: [
        'local all all trust',
        'host all all 127.0.0.1/32 scram-sha-256',
        'host replication replicator 127.0.0.1/32 scram-sha-256',
      ],
      parameters: { unix_socket_directories: folder, password_encryption: 'scram-sha-256' },
    },
    watchdog: { mode: 'off' },
  };
}

/** Whether a server follows another one. @throws when it does not answer */
export async function readIsReplica(url: string): Promise<boolean> {
  const rows = await readRows<{ replica: boolean }>(url, 'select pg_is_in_recovery() as replica');
  return rows[0]?.replica === true;
}

async function createDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({
    connectionString: `postgresql://barlink:${password}@127.0.0.1:${port}/postgres`,
  });
  await client.connect();
  await client.query('create database barlink');
  await client.end();
}

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Found } from '../tools.ts'
import type { Backend, Program } from './backend.ts'
import { run } from './cache.ts'
import { asOrdinaryUser, isRoot, ordinaryUser } from './ordinary-user.ts'
import { findPrograms } from './postgres-programs.ts'
import { startPrivate } from './start.ts'

const versionMin = 15
const user = 'marquee'
const password = 'marquee'
const probeTimeoutMs = 2_000

export interface PostgresOptions {
  /**
   * More settings of postgresql.conf, such as `{ statement_timeout: '1s' }`, which override others.
   */
  readonly settings?: Readonly<Record<string, string>>
}

export const postgres: Program<PostgresOptions> = {
  name: 'postgres',
  version: `${versionMin} or later`,
  variable: 'DATABASE_URL',
  defaultPort: 5432,
  portCount: 1,
  // Fast shutdown: open transactions are rolled back, connections closed.
  stopSignal: 'SIGINT',
  installed,
  async install() {
    requirePrograms()
  },
  address: (port) => `postgres://${user}:${password}@127.0.0.1:${port}/${user}`,
  probe,
  async configure(folder, [port = 0], { settings = {} }) {
    const programs = requirePrograms()
    const data = join(folder, 'data')
    if (!existsSync(join(data, 'PG_VERSION'))) await createCluster(programs, folder, data)
    const all = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      // What a killed process has written is in the kernel: only a crash of the machine would lose it.
      fsync: 'off',
      ...settings,
    }
    const flags = Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    return {
      name: 'postgres',
      address: postgres.address(port),
      command: asOrdinaryUser([join(programs, 'postgres'), '-D', data, ...flags]),
      folder,
    }
  },
}

/** Starts a server for one test. After a restart it has its data. */
export function startPostgres(options: PostgresOptions = {}): Promise<Backend> {
  return startPrivate(postgres, options)
}

/**
 * Creates a cluster with a user that may only create databases. Its collation is not by bytes, as
 * in most databases outside of tests.
 */
async function createCluster(programs: string, folder: string, data: string): Promise<void> {
  const owner = ordinaryUser()
  await mkdir(data, { recursive: true })
  const passwordFile = join(folder, 'superuser-password')
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (owner) {
    await chmod(folder, 0o711)
    for (const path of [data, passwordFile]) await chown(path, owner.uid, owner.gid)
  }
  const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const initdb = [join(programs, 'initdb'), '-D', data, '--no-sync', ...text, ...access]
  await run(folder, asOrdinaryUser(initdb))
  const single = [join(programs, 'postgres'), '--single', '-j', '-D', data, 'postgres']
  const role = `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD '${password}';`
  const database = `CREATE DATABASE ${user} OWNER ${user};`
  await run(folder, asOrdinaryUser(single), `${role}\n\n${database}\n\n`)
}

function installed(): Found<string> {
  const folder = findPrograms(versionMin)
  if (folder === undefined) {
    const missing = `PostgreSQL ${versionMin} or later is not installed; \`bash .ci/run\` does it`
    return { missing }
  }
  if (isRoot() && !ordinaryUser()) {
    return { missing: 'PostgreSQL refuses to run as root, and no other user exists: create one' }
  }
  return { value: folder }
}

function requirePrograms(): string {
  const found = installed()
  if ('missing' in found) throw new Error(found.missing)
  return found.value
}

async function probe(address: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({
    connectionString: address,
    connectionTimeoutMillis: probeTimeoutMs,
    query_timeout: probeTimeoutMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end()
  }
}

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Found } from '../tools.ts'
import type { Backend, Program } from './backend.ts'
import { run } from './cache.ts'
import { startPrivate } from './start.ts'

const versionMin = 15
const user = 'marquee'
const password = 'marquee'
const probeTimeoutMs = 2_000

export interface PostgresOptions {
  /** More settings of postgresql.conf, as `{ statement_timeout: '1s' }`; they win. */
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
    const found = installed()
    if ('missing' in found) throw new Error(found.missing)
  },
  address: (port) => `postgres://${user}:${password}@127.0.0.1:${port}/${user}`,
  probe,
  async configure(folder, [port = 0], { settings = {} }) {
    const data = join(folder, 'data')
    if (!existsSync(join(data, 'PG_VERSION'))) await createCluster(folder, data)
    const all = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      ...settings,
    }
    const flags = Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    return {
      name: 'postgres',
      address: postgres.address(port),
      command: asOrdinaryUser([program('postgres'), '-D', data, ...flags]),
      folder,
    }
  },
}

/** A server of one's own. Killed and started again it has its data. */
export function startPostgres(options: PostgresOptions = {}): Promise<Backend> {
  return startPrivate(postgres, options)
}

/**
 * With a user who may create databases and no more, and an order of text that is no order of
 * bytes, as databases outside of tests mostly have.
 */
async function createCluster(folder: string, data: string): Promise<void> {
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
  const initdb = [program('initdb'), '-D', data, '--no-sync', ...text, ...access] as const
  await run(folder, asOrdinaryUser(initdb))
  const single = [program('postgres'), '--single', '-j', '-D', data, 'postgres'] as const
  const role = `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD '${password}';`
  const database = `CREATE DATABASE ${user} OWNER ${user};`
  await run(folder, asOrdinaryUser(single), `${role}\n\n${database}\n\n`)
}

function installed(): Found<string> {
  const folder = programFolder()
  if (folder === undefined) {
    return { missing: `PostgreSQL ${versionMin} or later is not installed` }
  }
  if (process.getuid?.() === 0 && !ordinaryUser()) {
    return { missing: 'PostgreSQL refuses to run as root, and there is no user to run it as' }
  }
  return { value: folder }
}

/** On the PATH, or where Debian and others put what is not on it; the newest version. */
function programFolder(): string | undefined {
  const homes = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/homebrew/opt']
  const found = homes
    .filter((home) => existsSync(home))
    .flatMap((home) => readdirSync(home).map((name) => join(home, name, 'bin')))
    .filter((folder) => existsSync(join(folder, 'initdb')) && versionOf(folder) >= versionMin)
    .sort((a, b) => versionOf(b) - versionOf(a))
  return found[0]
}

function versionOf(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0)
}

function program(name: 'initdb' | 'postgres'): string {
  return join(programFolder() ?? '', name)
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** For root, who may not run PostgreSQL: somebody who may. */
function ordinaryUser(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {}
  }
  return undefined
}

function asOrdinaryUser(command: readonly [string, ...string[]]): [string, ...string[]] {
  const owner = ordinaryUser()
  if (!owner) return [...command]
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  return ['setpriv', ...identity, '--', ...command]
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

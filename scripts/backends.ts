/**
 * Starts real Kafka, Consul and PostgreSQL on loopback, for development and tests, without Docker.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import type { BackendName } from '@marquee/testing/backends/backend'
import { backendsFolder } from '@marquee/testing/backends/cache'
import { down, status, up } from '@marquee/testing/backends/control'
import { programs } from '@marquee/testing/backends/shared'
import { runCommand } from './command.ts'

const help = `bun run backends up|down|status [options] [kafka|consul|postgres ...]

Real Kafka ${programs.kafka.version}, Consul ${programs.consul.version} and PostgreSQL on loopback, without Docker. Default: all three.

  up       installs what is missing (minutes, once), starts what is not running, waits until it is
           ready, and prints the addresses as shell lines: eval "$(bun run backends up)"
  down     stops what "up" has started, and nothing else; keeps the data
  status   prints what is running, and where; exit code 0 when all are

  --free-ports    with up: use any free ports instead of ${programs.kafka.defaultPort}, ${programs.consul.defaultPort} and ${programs.postgres.defaultPort}
  --remove-data   with down: remove the data too
  --help

Needs mvn and java for Kafka, go for Consul, and an installed PostgreSQL ${programs.postgres.version}.
Programs, data and logs are in ${backendsFolder()} and, for root, in /var/tmp.
Exit codes: 0 done; 1 failed; 2 wrong arguments.`

/** Long, because another terminal may be installing a backend. */
const lockTimeoutMs = 20 * 60_000

interface Options {
  readonly command: 'up' | 'down' | 'status'
  readonly names: readonly BackendName[]
  readonly freePorts: boolean
  readonly removeData: boolean
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'free-ports': { type: 'boolean', default: false },
      'remove-data': { type: 'boolean', default: false },
    },
  })
  const [command, ...words] = positionals
  if (command !== 'up' && command !== 'down' && command !== 'status') {
    throw new Error(`the command must be up, down or status; got ${command ?? 'none'}`)
  }
  const all = Object.keys(programs) as BackendName[]
  const unknown = words.find((word) => !all.some((name) => name === word))
  if (unknown !== undefined)
    throw new Error(`unknown backend ${unknown}: choose from ${all.join(', ')}`)
  const names = words.length > 0 ? all.filter((name) => words.includes(name)) : all
  return { command, names, freePorts: values['free-ports'], removeData: values['remove-data'] }
}

/**
 * Allows one `up` or `down` at a time. The lock is released when the process ends, however it ends.
 */
function lock(): Disposable {
  mkdirSync(backendsFolder(), { recursive: true })
  const database = new DatabaseSync(join(backendsFolder(), 'lock.db'))
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    log('waiting for another "backends" command to end')
    database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}; BEGIN EXCLUSIVE`)
  }
  return { [Symbol.dispose]: () => database.close() }
}

function log(text: string): void {
  console.error(`[backends] ${text}`)
}

/**
 * Runs `body` for all backends in parallel. Resolves with the results of those that did not fail.
 */
async function forEach<T>(
  names: readonly BackendName[],
  body: (name: BackendName) => Promise<T>,
): Promise<T[]> {
  const results = await Promise.allSettled(names.map(body))
  return results.flatMap((result, i) => {
    if (result.status === 'fulfilled') return [result.value]
    const { message, cause } = result.reason as Error
    log(`${names[i]} FAILED: ${message}${cause ? `\n${cause}` : ''}`)
    return []
  })
}

async function showStatus(names: readonly BackendName[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => status(programs[name])))
  for (const [i, shared] of found.entries()) {
    const by = shared?.process ? `process ${shared.process.pid}` : 'started by another program'
    console.log(shared ? `${names[i]}: ${shared.address} (${by})` : `${names[i]}: not running`)
  }
  return found.every((shared) => shared !== undefined)
}

/** Resolves with whether the command succeeded for all backends. */
async function run({ command, names, freePorts, removeData }: Options): Promise<boolean> {
  if (command === 'status') return showStatus(names)
  using _ = lock()
  if (command === 'down') {
    const done = await forEach(names, (name) => down(programs[name], removeData, log))
    return done.length === names.length
  }
  const lines = await forEach(names, async (name) => {
    const address = await up(programs[name], { freePorts }, log)
    return `export ${programs[name].variable}=${address}`
  })
  for (const line of lines) console.log(line)
  return lines.length === names.length
}

await runCommand({ help, readOptions, run })

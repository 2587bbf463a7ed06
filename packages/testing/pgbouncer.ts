import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { asOrdinaryUser, ordinaryUser } from './backends/ordinary-user.ts'
import { freePorts } from './free-ports.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { type Found, tool } from './tools.ts'
import { waitFor } from './wait-for.ts'

/** Finds the program, which Debian keeps off the PATH of most users. */
export function pgbouncer(): Found<string> {
  return tool('pgbouncer', { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` })
}

export interface PgBouncer extends AsyncDisposable {
  /** URL of the same database through the pooler. */
  readonly url: string
}

/** Starts a PgBouncer in front of the server at the URL. */
export async function startPgBouncer(
  program: string,
  url: string,
  poolMode: 'session' | 'transaction' | 'statement',
): Promise<PgBouncer> {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await temporaryFolder())
  const [port = 0] = await freePorts(1)
  const file = await configure(path, { port, url, poolMode })
  const server = spawn(...command([program, file]), { stdio: 'ignore' })
  stack.defer(() => stop(server))
  const pooled = new URL(url)
  pooled.port = `${port}`
  await waitFor(() => isReady(pooled.href), { what: 'PgBouncer to be ready' })
  const resources = stack.move()
  return { url: pooled.href, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

interface Configuration {
  readonly port: number
  readonly url: string
  readonly poolMode: string
}

async function configure(folder: string, { port, url, poolMode }: Configuration): Promise<string> {
  const { hostname, port: serverPort, username, password } = new URL(url)
  const users = join(folder, 'users.txt')
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(users, `"${username}" "${password}"\n`)
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${serverPort || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${poolMode}
`,
  )
  const owner = ordinaryUser()
  await chmod(folder, 0o711)
  if (owner) for (const one of [users, file]) await chown(one, owner.uid, owner.gid)
  return file
}

function command(given: readonly string[]): [string, string[]] {
  const [file, ...args] = asOrdinaryUser(given)
  return [file, args]
}

async function isReady(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url.replace(/\?.*/, '') })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGTERM')
  await exited
}

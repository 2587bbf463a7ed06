import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import type { BackendName, Program } from './backend.ts'
import { backendsFolder } from './cache.ts'
import { isRoot } from './ordinary-user.ts'
import { isFree, serverPorts } from './server-ports.ts'
import { forgetShared, readShared, runs, type SharedBackend, writeShared } from './shared.ts'
import { awaitReady, launch, stopServer } from './start.ts'

/** Time that a running backend may be too busy to respond, in milliseconds. */
const readyTimeoutMs = 20_000

type Log = (text: string) => void

export interface UpOptions {
  /** Uses any free port, and starts a new backend even when one runs on the default port. */
  readonly freePorts: boolean
}

/** Installs and starts a backend unless it runs. Resolves with its address when it is ready. */
export async function up(program: Program, { freePorts }: UpOptions, log: Log): Promise<string> {
  const { name } = program
  await program.install(log)
  const shared = readShared(name)
  if (shared?.process && runs(shared)) {
    await waitFor(() => program.probe(shared.address).then(() => true), {
      what: `${name}, process ${shared.process.pid}, to be ready`,
      timeoutMs: readyTimeoutMs,
    })
    log(`${name} is running`)
    return shared.address
  }
  const address = program.address(program.defaultPort)
  if (!freePorts && (await isReady(program, address))) {
    writeShared(name, { ...shared, address, process: undefined })
    log(`${name} is running; started by another program`)
    return address
  }
  return start(program, { freePorts, shared }, log)
}

async function start(
  program: Program,
  { freePorts, shared }: UpOptions & { shared: SharedBackend | undefined },
  log: Log,
): Promise<string> {
  const { name, defaultPort, portCount } = program
  const ports = await serverPorts(portCount)
  if (!freePorts && (await isFree(defaultPort))) ports[0] = defaultPort
  else if (!freePorts) log(`port ${defaultPort} is taken: ${name} gets another`)
  const folder = await dataFolder(name, shared?.folder)
  log(`starting ${name}`)
  const server = await program.configure(folder, ports, {})
  const process = await launch(server, true)
  writeShared(name, { address: server.address, process, folder })
  await awaitReady(program, server, process)
  log(`${name} is running, process ${process.pid}, in ${folder}`)
  return server.address
}

/**
 * Returns the data folder of the last run, or a new one. PostgreSQL does not run as root, and the
 * user that runs it instead cannot access root's cache.
 */
async function dataFolder(name: BackendName, earlier: string | undefined): Promise<string> {
  if (earlier && existsSync(earlier)) return earlier
  const parent = isRoot() ? '/var/tmp' : join(backendsFolder(), 'data')
  await mkdir(parent, { recursive: true })
  return mkdtemp(join(parent, `marquee-${name}-`))
}

/** Stops a backend if `up` has started it. Keeps the data unless `removeData` is true. */
export async function down(program: Program, removeData: boolean, log: Log): Promise<void> {
  const { name } = program
  const shared = readShared(name)
  if (shared?.process && runs(shared)) {
    await stopServer(shared.process, program.stopSignal)
    log(`${name} is stopped`)
  } else {
    log(`${name}: nothing to stop`)
  }
  if (!shared?.folder || removeData) forgetShared(name)
  else writeShared(name, { address: '', folder: shared.folder })
  if (shared?.folder && removeData) await rm(shared.folder, { recursive: true, force: true })
}

/** Returns the state of a backend if it responds. */
export async function status(program: Program): Promise<SharedBackend | undefined> {
  const shared = readShared(program.name)
  const running = shared && runs(shared) && (await isReady(program, shared.address))
  return running ? shared : undefined
}

async function isReady(program: Program, address: string): Promise<boolean> {
  return program.probe(address).then(
    () => true,
    () => false,
  )
}

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import type { BackendName, Program } from './backend.ts'
import { backendsFolder } from './cache.ts'
import { isRoot } from './ordinary-user.ts'
import { isFree, serverPorts } from './server-ports.ts'
import { forgetShared, readShared, runs, type SharedBackend, writeShared } from './shared.ts'
import { awaitAnswer, launch, stopServer } from './start.ts'

/** How long a backend that runs already may be too busy to answer. */
const answerTimeoutMs = 20_000

type Say = (text: string) => void

export interface UpOptions {
  /** Take any free port, and start one of our own whatever answers on the default port. */
  readonly freePorts: boolean
}

/** Installs and starts it, unless it runs. Resolves with the address at which it answers. */
export async function up(program: Program, { freePorts }: UpOptions, say: Say): Promise<string> {
  const { name } = program
  await program.install(say)
  const shared = readShared(name)
  if (shared?.process && runs(shared)) {
    await waitFor(() => program.probe(shared.address).then(() => true), {
      what: `${name}, process ${shared.process.pid}, to answer`,
      timeoutMs: answerTimeoutMs,
    })
    say(`${name} is running`)
    return shared.address
  }
  const address = program.address(program.defaultPort)
  if (!freePorts && (await answers(program, address))) {
    writeShared(name, { ...shared, address, process: undefined })
    say(`${name} is running; somebody else started it`)
    return address
  }
  return start(program, { freePorts, shared }, say)
}

async function start(
  program: Program,
  { freePorts, shared }: UpOptions & { shared: SharedBackend | undefined },
  say: Say,
): Promise<string> {
  const { name, defaultPort, portCount } = program
  const ports = await serverPorts(portCount)
  if (!freePorts && (await isFree(defaultPort))) ports[0] = defaultPort
  else if (!freePorts) say(`port ${defaultPort} is taken: ${name} gets another`)
  const folder = await dataFolder(name, shared?.folder)
  say(`starting ${name}`)
  const server = await program.configure(folder, ports, {})
  const process = await launch(server, true)
  writeShared(name, { address: server.address, process, folder })
  await awaitAnswer(program, server, process)
  say(`${name} is running, process ${process.pid}, in ${folder}`)
  return server.address
}

/**
 * The one of last time, or a new one. PostgreSQL does not run as root, and who runs it instead does
 * not get into root's cache.
 */
async function dataFolder(name: BackendName, earlier: string | undefined): Promise<string> {
  if (earlier && existsSync(earlier)) return earlier
  const parent = isRoot() ? '/var/tmp' : join(backendsFolder(), 'data')
  await mkdir(parent, { recursive: true })
  return mkdtemp(join(parent, `marquee-${name}-`))
}

/** Stops it, if `up` has started it; nothing else. The data stays unless told. */
export async function down(program: Program, removeData: boolean, say: Say): Promise<void> {
  const { name } = program
  const shared = readShared(name)
  if (shared?.process && runs(shared)) {
    await stopServer(shared.process, program.stopSignal)
    say(`${name} is stopped`)
  } else {
    say(`${name}: nothing to stop`)
  }
  if (!shared?.folder || removeData) forgetShared(name)
  else writeShared(name, { address: '', folder: shared.folder })
  if (shared?.folder && removeData) await rm(shared.folder, { recursive: true, force: true })
}

/** The address at which it answers, if it does. */
export async function status(program: Program): Promise<SharedBackend | undefined> {
  const shared = readShared(program.name)
  const running = shared && runs(shared) && (await answers(program, shared.address))
  return running ? shared : undefined
}

async function answers(program: Program, address: string): Promise<boolean> {
  return program.probe(address).then(
    () => true,
    () => false,
  )
}

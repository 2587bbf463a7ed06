import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'
import type { Backend, Program, Server } from './backend.ts'
import { lastLines } from './cache.ts'
import {
  awaitEnd,
  identify,
  isRunning,
  killTree,
  type ProcessIdentity,
  signal,
} from './processes.ts'
import { serverPorts } from './server-ports.ts'

const startTimeoutMs = 60_000

/** Time for an orderly stop before SIGKILL, in milliseconds. */
const stopTimeoutMs = 20_000

/** Starts a backend for one test, in a temporary folder, on free ports. */
export async function startPrivate<Options>(
  program: Program<Options>,
  options: Options,
): Promise<Backend> {
  const found = program.installed()
  if ('missing' in found) throw new Error(found.missing)
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const ports = await serverPorts(program.portCount)
  const server = await program.configure(folder.path, ports, options)
  const backend = createBackend(program, server, stack.move())
  try {
    await backend.start()
    return backend
  } catch (error) {
    await backend[Symbol.asyncDispose]()
    throw error
  }
}

function createBackend<Options>(
  program: Program<Options>,
  server: Server,
  folder: AsyncDisposable,
): Backend {
  let running: ProcessIdentity | undefined
  // Cleans up when a test run ends early.
  const atExit = (): void => {
    if (running) signal(running, 'SIGKILL')
  }
  process.on('exit', atExit)
  const end = async (how: (process: ProcessIdentity) => Promise<void>): Promise<void> => {
    if (running) await how(running)
    running = undefined
  }
  const stop = (): Promise<void> => end((one) => stopServer(one, program.stopSignal))
  return {
    address: server.address,
    get pid() {
      return running?.pid
    },
    kill: () => end(killTree),
    stop,
    async start() {
      if (running && isRunning(running)) return
      running = await launch(server)
      await awaitReady(program, server, running)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      process.off('exit', atExit)
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Starts the process without waiting until it is ready. A detached process outlives this one. */
export async function launch(server: Server, detached = false): Promise<ProcessIdentity> {
  await mkdir(server.folder, { recursive: true })
  await using log = await open(logOf(server), 'a')
  const [file, ...args] = server.command
  const child = spawn(file, args, {
    cwd: server.folder,
    detached,
    stdio: ['ignore', log.fd, log.fd],
  })
  await once(child, 'spawn')
  child.unref()
  const identity = identify(child.pid ?? 0)
  if (!identity) throw new Error(await failure(server, 'ended immediately'))
  return identity
}

/**
 * Resolves when the server is ready. Rejects with the end of its log when it ends or takes too
 * long.
 */
export async function awaitReady<Options>(
  program: Program<Options>,
  server: Server,
  running: ProcessIdentity,
): Promise<void> {
  const check = async (): Promise<'ready' | 'ended'> => {
    if (!isRunning(running)) return 'ended'
    await program.probe(server.address)
    return 'ready'
  }
  const options = { what: `${server.name} to be ready`, timeoutMs: startTimeoutMs, intervalMs: 100 }
  const state = await waitFor(check, options).catch(async (cause: Error) => {
    await killTree(running)
    throw new Error(await failure(server, 'was not ready in time'), { cause })
  })
  if (state === 'ended') throw new Error(await failure(server, 'ended before it was ready'))
}

/** Stops the server in order, or with SIGKILL when that takes too long. */
export async function stopServer(
  running: ProcessIdentity,
  stopSignal: NodeJS.Signals,
): Promise<void> {
  signal(running, stopSignal)
  await awaitEnd(running, stopTimeoutMs).catch(() => killTree(running))
}

function logOf(server: Server): string {
  return join(server.folder, `${server.name}.log`)
}

async function failure(server: Server, what: string): Promise<string> {
  return `${server.name} ${what}; the end of ${logOf(server)}:\n${await lastLines(logOf(server))}`
}

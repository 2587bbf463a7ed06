import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as delay } from 'node:timers/promises'
import { type RuntimeName, root, runtime } from './tools.ts'
import { waitFor } from './wait-for.ts'

/** How much of each output stream is kept, in characters; the oldest goes first. */
const outputCharsMax = 256 * 1024

/** How long the output of a program that has ended is still read, in milliseconds. */
const drainTimeoutMs = 1_000

/** What a person has set for their own use, as `bun run backends up` tells them to. */
const personal = /^(CONSUL_.*|KAFKA_.*|ADVERTISE|DATABASE_URL|HOST)$/

export interface ProgramOptions {
  readonly runtime: RuntimeName
  /** The program's file, from the top of the project or absolute. */
  readonly entry: string
  readonly args?: readonly string[]
  /** Arguments of the runtime, before the program. Default: those that run it. */
  readonly runtimeArgs?: readonly string[]
  /**
   * On top of this process's environment, without what it says of backends and addresses; undefined takes a variable
   * away.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A command that runs the runtime's, put before it. Default: none. */
  readonly command?: readonly string[]
  /** The top of the project unless told. */
  readonly cwd?: string
  /**
   * How long it may take to end by SIGTERM when it is disposed, before it is killed: 5,000 unless
   * told.
   */
  readonly stopTimeoutMs?: number
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * A process that a test started. Disposing ends it: SIGTERM first, SIGKILL when that does not do.
 */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** What it has written so far, the last 256 Ki characters of each stream. */
  stdout(): string
  stderr(): string
  /**
   * Resolves with the first match in the whole lines it has written or writes, on either stream.
   * Rejects, showing the output, when the program ends without it or the time is over (10,000 ms
   * unless told).
   */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** SIGTERM unless told. Harmless once it has ended. */
  kill(signal?: NodeJS.Signals): void
  /** Resolves when it has ended and all its output has been read. */
  readonly exited: Promise<Exit>
}

/**
 * Starts a program of the project. Throws when the runtime is absent: ask `runtime(name)` first.
 */
export async function spawnProgram(options: ProgramOptions): Promise<Program> {
  const found = runtime(options.runtime)
  if ('missing' in found) throw new Error(found.missing)
  const { entry, args: programArgs = [], runtimeArgs = found.value.args } = options
  const args = [...runtimeArgs, resolve(root, entry), ...programArgs]
  const [binary = '', ...before] = [...(options.command ?? []), found.value.binary]
  const child = spawn(binary, [...before, ...args], {
    cwd: options.cwd ?? root,
    env: { ...environment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = endOf(child)
  await once(child, 'spawn')
  return createProgram(child, end, options.stopTimeoutMs ?? 5_000)
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !personal.test(name)))
}

function createProgram(child: ChildProcess, exited: Promise<Exit>, stopTimeoutMs: number): Program {
  const run: Run = { stdout: collect(child.stdout), stderr: collect(child.stderr), exit: undefined }
  void exited.then((exit) => {
    run.exit = exit
  })
  const kill = (signal: NodeJS.Signals = 'SIGTERM'): void => void child.kill(signal)
  return {
    pid: child.pid ?? 0,
    stdout: run.stdout,
    stderr: run.stderr,
    waitForLine: (pattern, timeoutMs) => findLine(run, pattern, timeoutMs),
    kill,
    exited,
    async [Symbol.asyncDispose]() {
      kill()
      const timer = setTimeout(kill, stopTimeoutMs, 'SIGKILL')
      await exited
      clearTimeout(timer)
    },
  }
}

interface Run {
  readonly stdout: () => string
  readonly stderr: () => string
  exit: Exit | undefined
}

async function endOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, 'close')
  await once(child, 'exit')
  // A process that it started itself may hold the streams open for ever.
  await Promise.race([closed, delay(drainTimeoutMs, undefined, { ref: false })])
  return { code: child.exitCode, signal: child.signalCode }
}

/** Reads a stream to its end, and answers a function that tells its last part. */
function collect(stream: Readable | null): () => string {
  const decoder = new StringDecoder('utf8')
  let text = ''
  stream?.on('data', (chunk: Buffer) => {
    text = (text + decoder.write(chunk)).slice(-outputCharsMax)
  })
  return () => text
}

async function findLine(run: Run, pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
  const look = (): RegExpExecArray | 'ended' | undefined => {
    const match = pattern.exec(wholeLines(run.stdout())) ?? pattern.exec(wholeLines(run.stderr()))
    return match ?? (run.exit && 'ended')
  }
  const what = `a line with ${pattern}`
  const match = await waitFor(look, { what, timeoutMs }).catch((cause: Error) => {
    throw new Error(`${cause.message}; ${story(run)}`, { cause })
  })
  if (match === 'ended') throw new Error(`waited for ${what} in vain; ${story(run)}`)
  return match
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

function story({ exit, stdout, stderr }: Run): string {
  const state = exit ? `has ended with ${exit.signal ?? exit.code}` : 'is running'
  return `the program ${state}\n--- stdout\n${stdout()}\n--- stderr\n${stderr()}`
}

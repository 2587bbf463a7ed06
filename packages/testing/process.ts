import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as delay } from 'node:timers/promises'
import { type RuntimeName, root, runtime } from './tools.ts'
import { waitFor } from './wait-for.ts'

/**
 * Maximum length that is kept of each output stream, in characters. The oldest are dropped first.
 */
const outputCharsMax = 256 * 1024

/** Time to read the output after a program has ended, in milliseconds. */
const drainTimeoutMs = 1_000

/**
 * Variables that developers set for themselves, as `bun run backends up` tells them to. They must
 * not affect tests.
 */
const personal = /^(CONSUL_.*|KAFKA_.*|OTEL_.*|TRACE_INCOMING|ADVERTISE|DATABASE_URL|HOST)$/

export interface ProgramOptions {
  /** Default: none, because the file is an executable. */
  readonly runtime?: RuntimeName
  /** Path of the program's file, relative to the root of the project or absolute. */
  readonly entry: string
  readonly args?: readonly string[]
  /** Arguments of the runtime, before the program. Default: those that run it. */
  readonly runtimeArgs?: readonly string[]
  /**
   * Changes to this process's environment, which is passed without addresses of backends.
   * `undefined` removes a variable.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Command that runs the runtime, put before it. Default: none. */
  readonly command?: readonly string[]
  /** Default: the root of the project. */
  readonly cwd?: string
  /**
   * Time to end after SIGTERM when it is disposed, before SIGKILL, in milliseconds. Default: 5,000.
   */
  readonly stopTimeoutMs?: number
}

/** Result of a process: an exit code or a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that a test started. Disposing stops it with SIGTERM, then with SIGKILL. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Returns the output so far, at most the last 256 Ki characters of each stream. */
  stdout(): string
  stderr(): string
  /**
   * Resolves with the first match in the complete lines of both streams. Rejects with the output
   * when the program ends without a match, or after the timeout. Default: 30,000 ms.
   */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Sends a signal. Default: SIGTERM. Does nothing when the process has ended. */
  kill(signal?: NodeJS.Signals): void
  /** Resolves when the process has ended and all its output has been read. */
  readonly exited: Promise<Exit>
}

/**
 * Starts a program of the project. Throws when the runtime is missing: check `runtime(name)` first.
 */
export async function spawnProgram(options: ProgramOptions): Promise<Program> {
  const file = resolve(root, options.entry)
  const [binary = '', ...args] = [
    ...(options.command ?? []),
    ...(options.runtime ? runtimeCommand(options.runtime, options.runtimeArgs) : []),
    file,
    ...(options.args ?? []),
  ]
  const child = spawn(binary, args, {
    cwd: options.cwd ?? root,
    env: { ...environment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = endOf(child)
  await once(child, 'spawn')
  return createProgram(child, end, options.stopTimeoutMs ?? 5_000)
}

function runtimeCommand(name: RuntimeName, args?: readonly string[]): string[] {
  const found = runtime(name)
  if ('missing' in found) throw new Error(found.missing)
  return [found.value.binary, ...(args ?? found.value.args)]
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
  // A child of the process may keep the streams open.
  await Promise.race([closed, delay(drainTimeoutMs, undefined, { ref: false })])
  return { code: child.exitCode, signal: child.signalCode }
}

/** Reads a stream to its end, and returns a function that returns its last part. */
function collect(stream: Readable | null): () => string {
  const decoder = new StringDecoder('utf8')
  let text = ''
  stream?.on('data', (chunk: Buffer) => {
    text = (text + decoder.write(chunk)).slice(-outputCharsMax)
  })
  return () => text
}

async function findLine(run: Run, pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
  const look = (): RegExpExecArray | 'ended' | undefined => {
    const match = pattern.exec(wholeLines(run.stdout())) ?? pattern.exec(wholeLines(run.stderr()))
    return match ?? (run.exit && 'ended')
  }
  const what = `a line with ${pattern}`
  const match = await waitFor(look, { what, timeoutMs }).catch((cause: Error) => {
    throw new Error(`${cause.message}; ${story(run)}`, { cause })
  })
  if (match === 'ended') throw new Error(`waited for ${what} without success; ${story(run)}`)
  return match
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

function story({ exit, stdout, stderr }: Run): string {
  const state = exit ? `has ended with ${exit.signal ?? exit.code}` : 'is running'
  return `the program ${state}\n--- stdout\n${stdout()}\n--- stderr\n${stderr()}`
}

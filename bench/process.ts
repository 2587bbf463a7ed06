import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { root } from '@marquee/testing/tools'
import { onCore } from './pinning.ts'

/** Environment variables that a measured program gets. The user's own settings are left out. */
const environmentNames = ['PATH', 'HOME', 'TMPDIR']

const stopTimeoutMs = 5_000

/** A program that was started and is ready. Disposing stops it. */
export interface Started<T> extends AsyncDisposable {
  readonly pid: number
  readonly ready: T
}

export interface StartOptions<T> {
  readonly binary: string
  readonly args: readonly string[]
  /** Core that it runs on. Default: those of this process. */
  readonly core?: number | undefined
  /**
   * Parses a line of standard output. Returns `undefined` unless the line says that the program is
   * ready.
   */
  readonly readReady: (line: string) => T | undefined
  readonly timeoutMs: number
}

/**
 * Starts a program with its standard output on a pipe, as Docker, Kubernetes and systemd do. The
 * output after the ready line is read and dropped, because keeping it would cost more than some of
 * the measured servers.
 */
export async function startProcess<T>(options: StartOptions<T>): Promise<Started<T>> {
  const { binary, args, core, readReady, timeoutMs } = options
  const command = core === undefined ? [binary, ...args] : onCore(core, [binary, ...args])
  const env = Object.fromEntries(environmentNames.map((name) => [name, process.env[name]]))
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const [program = '', ...rest] = command
  const child = spawn(program, rest, { cwd: root, env, stdio: [...stdio] })
  const ended = once(child, 'close')
  const dispose = () => stop(child, ended)
  try {
    await once(child, 'spawn')
    const ready = await firstMatch(child.stdout as Readable, readReady, timeoutMs)
    if (ready === undefined)
      throw new Error(`${binary} ${args.join(' ')} ended before it was ready`)
    child.stdout?.resume()
    return { pid: child.pid ?? 0, ready, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function firstMatch<T>(
  output: Readable,
  read: (line: string) => T | undefined,
  timeoutMs: number,
): Promise<T | undefined> {
  const lines = createInterface(output)
  const timer = setTimeout(() => output.destroy(), timeoutMs)
  try {
    for await (const line of lines) {
      const found = read(line)
      if (found !== undefined) return found
    }
    return undefined
  } finally {
    clearTimeout(timer)
    lines.close()
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill()
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}

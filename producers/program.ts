import process from 'node:process'
import type { Readable } from 'node:stream'
import { FlagsError } from '@marquee/service/flags/flags'
import { hideHarmlessWarnings } from '@marquee/service/process/warnings'

/**
 * Thrown when the arguments cannot be used, such as an unknown flag or a missing file. Exit code 2.
 */
export class UsageError extends Error {}

/** Streams and signal of a program. */
export interface Terminal {
  readonly stdin: Readable
  /** Prints a line of the summary to standard output. */
  print(line: string): void
  /** Standard output for data. A write resolves when the stream has taken the text. */
  readonly stdout: { write(text: string): Promise<void> }
  /** Stream for progress and errors. */
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown }
  /** Aborted by Ctrl-C. The program stops at the next safe point and prints its summary so far. */
  readonly signal: AbortSignal
}

/** A command-line program. */
export interface Program {
  readonly name: string
  readonly help: string
  run(args: string[], terminal: Terminal): Promise<void>
}

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 }

/**
 * Runs a program with the arguments and returns its exit code. An error is printed as one line on
 * stderr.
 */
export async function runProgram(
  program: Program,
  args: string[],
  terminal: Terminal,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(program.help)
    return exitCodes.done
  }
  try {
    await program.run(args, terminal)
    return terminal.signal.aborted ? exitCodes.interrupted : exitCodes.done
  } catch (error) {
    if (isAbort(error, terminal.signal)) return exitCodes.interrupted
    const usage =
      error instanceof UsageError || error instanceof FlagsError || isParseArgsError(error)
    const hint = usage ? ` (see ${program.name} --help)` : ''
    terminal.stderr.write(`${program.name}: ${oneLine(error)}${hint}\n`)
    return usage ? exitCodes.usage : exitCodes.failed
  }
}

/**
 * Runs a program with the arguments, streams and exit code of this process. A second Ctrl-C ends it
 * immediately.
 */
export async function main(program: Program): Promise<void> {
  hideHarmlessWarnings()
  const interrupt = new AbortController()
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort()
  })
  const exitCode = await runProgram(program, process.argv.slice(2), {
    // Accessing standard input may keep the process alive.
    get stdin() {
      return process.stdin
    },
    print: (line) => console.log(line),
    stdout: { write: writeToStandardOutput },
    stderr: process.stderr,
    signal: interrupt.signal,
  })
  process.exitCode = exitCode
  // On Deno, a pending read of standard input would keep the process alive.
  if (interrupt.signal.aborted) process.exit()
}

let handlesErrors = false

/** Writes to standard output. Rejects when the reader has closed it. */
async function writeToStandardOutput(text: string): Promise<void> {
  // The callback gets the error, too.
  if (!handlesErrors) process.stdout.on('error', () => {})
  handlesErrors = true
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  await promise
}

/** Parses the URL of a flag. */
export function readUrl(flag: string, value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value
  throw new UsageError(`${flag} must be a URL such as http://localhost:8081; got "${value}"`)
}

/** Parses the whole number of a flag, from `min` to `max`. */
export function readCount(flag: string, value: string, min: number, max: number): number {
  const count = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (count >= min && count <= max) return count
  throw new UsageError(`${flag} must be a whole number from ${min} to ${max}; got "${value}"`)
}

/** Returns whether an error only reports that the signal was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof Error && error.name === 'AbortError'
}

function isParseArgsError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS')
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // parseArgs adds how to pass such a flag as a file name.
  const [first = ''] = isParseArgsError(error) ? text.split('. ') : [text]
  return first.replaceAll(/\s*\n\s*/g, ' ')
}

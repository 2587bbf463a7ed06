import process from 'node:process'
import type { Readable } from 'node:stream'
import { SettingsError } from '@marquee/service/flags/flags'
import { hideHarmlessWarnings } from '@marquee/service/process/warnings'

/**
 * What a person asked for cannot be done as asked: an unknown flag, a missing file. Exit code 2.
 */
export class UsageError extends Error {}

/** What a program works with. */
export interface Terminal {
  readonly stdin: Readable
  /** Takes the lines of the summary. */
  print(line: string): void
  /** Takes progress and complaints. */
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown }
  /** Aborted by Ctrl-C: the program stops where it is safe to, and prints its summary so far. */
  readonly signal: AbortSignal
}

/** A program that a person runs. */
export interface Program {
  readonly name: string
  readonly help: string
  run(args: string[], terminal: Terminal): Promise<void>
}

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 }

/**
 * Runs a program on the arguments and answers its exit code; what went wrong is one line on stderr.
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
      error instanceof UsageError || error instanceof SettingsError || isParseArgsError(error)
    const hint = usage ? ` (see ${program.name} --help)` : ''
    terminal.stderr.write(`${program.name}: ${oneLine(error)}${hint}\n`)
    return usage ? exitCodes.usage : exitCodes.failed
  }
}

/**
 * Runs a program as the process: on its arguments and streams, to its exit code. A second Ctrl-C
 * ends it at once.
 */
export async function main(program: Program): Promise<void> {
  hideHarmlessWarnings()
  const interrupt = new AbortController()
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
    interrupt.abort()
  })
  const exitCode = await runProgram(program, process.argv.slice(2), {
    // Merely touching standard input may keep the process alive.
    get stdin() {
      return process.stdin
    },
    print: (line) => console.log(line),
    stderr: process.stderr,
    signal: interrupt.signal,
  })
  process.exitCode = exitCode
  // On Deno a read of standard input that still waits would keep the process alive.
  if (interrupt.signal.aborted) process.exit()
}

/** An address given by a flag. */
export function readUrl(flag: string, value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value
  throw new UsageError(`${flag} takes an address like http://localhost:8081, not "${value}"`)
}

/** A whole number given by a flag, from `min` to `max`. */
export function readCount(flag: string, value: string, min: number, max: number): number {
  const count = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (count >= min && count <= max) return count
  throw new UsageError(`${flag} takes a whole number from ${min} to ${max}, not "${value}"`)
}

/** True for an error that only says that the signal was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof Error && error.name === 'AbortError'
}

function isParseArgsError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS')
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // parseArgs goes on about how to pass such a flag as a file name.
  const [first = ''] = isParseArgsError(error) ? text.split('. ') : [text]
  return first.replaceAll(/\s*\n\s*/g, ' ')
}

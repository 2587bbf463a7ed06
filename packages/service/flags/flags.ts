import { parseArgs } from 'node:util'

/**
 * Thrown when the command line or the environment cannot be used. The message lists every problem,
 * one per line.
 */
export class FlagsError extends Error {
  override readonly name = 'FlagsError'
}

/**
 * Command line and environment. A flag wins over its environment variable, and both over the
 * default.
 */
export interface FlagsSource {
  /** The command line, without the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A flag: `--event-log`, or `EVENT_LOG` in the environment. */
export interface FlagOptions {
  /** Name, without the leading dashes. */
  readonly flag: string
  /** Explanation in `--help`. */
  readonly help: string
}

/** Reads flags one by one, and reports all problems at once. */
export interface Flags {
  text(options: FlagOptions & { readonly default: string }): string
  /** Reads one of the choices. */
  choice<T extends string>(
    options: FlagOptions & { readonly of: readonly T[]; readonly default: T },
  ): T
  /** Reads a flag that is false by default. `--tls-only` alone means true. */
  boolean(options: FlagOptions): boolean
  /** Reads a number from `min` to `max`. */
  number(options: FlagOptions & NumberBounds): number
  /** Reads a whole number from `min` to `max`. */
  integer(options: FlagOptions & NumberBounds): number
  /** Reads texts, separated by commas. Empty ones keep their place, at the end too. Default: none. */
  list(options: FlagOptions): string[]
  /** Reads origins (`http://host:port`), separated by commas. Empty for none. */
  origins(options: FlagOptions & { readonly default: string }): string[]
  /** Adds a problem that the caller found: what is wrong, then what to do. */
  refuse(problem: string): void
  /**
   * Throws a `FlagsError` when there was a problem or a flag is unknown, and a `HelpRequest` for
   * `--help`.
   */
  finish(): void
}

interface NumberBounds {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** Thrown for `--help`. The message is the text to print. */
export class HelpRequest extends Error {
  override readonly name = 'HelpRequest'
}

const booleans: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

/** @param usage First line of `--help`: the program, and what it does. */
export function readFlags(usage: string, { args, env }: FlagsSource): Flags {
  const problems: string[] = []
  const help: { readonly flag: string; readonly text: string }[] = []
  const known = new Set(['help'])
  const { given, words } = parseFlags(args)

  function raw({ flag, help: text }: FlagOptions, fallback: unknown): string | undefined {
    const name = flag.toUpperCase().replaceAll('-', '_')
    known.add(flag)
    help.push({ flag, text: `${text} [${name}; ${fallback}]` })
    if (!given.has(flag)) return env[name] === '' ? undefined : env[name]
    const value = given.get(flag)
    if (value === undefined && fallback !== false) problems.push(`--${flag} needs a value`)
    return fallback === false ? (value ?? 'true') : value
  }
  function number(options: FlagOptions & NumberBounds, whole: boolean): number {
    const text = raw(options, options.default)
    if (text === undefined) return options.default
    const value = Number(text)
    const fits = value >= options.min && value <= options.max && text.trim() !== ''
    if (fits && (!whole || Number.isInteger(value))) return value
    const kind = whole ? 'a whole number' : 'a number'
    problems.push(
      `--${options.flag} is "${text}": give ${kind} from ${options.min} to ${options.max}`,
    )
    return options.default
  }

  return {
    text: (options) => raw(options, options.default) ?? options.default,
    choice(options) {
      const text = raw(options, options.default) ?? options.default
      const chosen = options.of.find((one) => one === text)
      if (chosen === undefined) {
        problems.push(`--${options.flag} is "${text}": give one of ${options.of.join(', ')}`)
      }
      return chosen ?? options.default
    },
    boolean(options) {
      const text = raw(options, false) ?? 'false'
      const value = booleans[text]
      if (value === undefined) {
        problems.push(`--${options.flag} is "${text}": give true or false`)
      }
      return value ?? false
    },
    number: (options) => number(options, false),
    integer: (options) => number(options, true),
    list(options) {
      const text = raw(options, '') ?? ''
      return text === '' ? [] : text.split(',').map((one) => one.trim())
    },
    origins(options) {
      const text = raw(options, options.default) ?? options.default
      if (text === '') return []
      return text.split(',').map((one) => {
        const origin = URL.parse(one.trim())?.origin
        if (origin?.startsWith('http')) return origin
        problems.push(`--${options.flag} is "${one}": give origins such as http://localhost:8081`)
        return ''
      })
    },
    refuse: (problem) => void problems.push(problem),
    finish() {
      if (given.has('help')) throw new HelpRequest(`${usage}\n\n${inColumns(help)}`)
      for (const flag of given.keys()) {
        if (!known.has(flag)) problems.push(`--${flag} is not a flag: see --help`)
      }
      for (const word of words) problems.push(`"${word}" is not expected: see --help`)
      if (problems.length > 0) throw new FlagsError(problems.join('\n'))
    },
  }
}

function inColumns(help: readonly { readonly flag: string; readonly text: string }[]): string {
  const width = Math.max(...help.map(({ flag }) => flag.length))
  return help.map(({ flag, text }) => `  --${flag.padEnd(width)}  ${text}`).join('\n')
}

/** Returns the flags with their values, and the words that belong to no flag. */
function parseFlags(args: readonly string[]) {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true })
  const given = new Map<string, string | undefined>()
  const words: string[] = []
  let open: string | undefined
  for (const token of tokens) {
    if (token.kind === 'option') {
      given.set(token.name, token.value)
      open = token.value === undefined && token.name !== 'help' ? token.name : undefined
    } else if (token.kind === 'positional') {
      if (open === undefined) words.push(token.value)
      else given.set(open, token.value)
      open = undefined
    }
  }
  return { given, words }
}

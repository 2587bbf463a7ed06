import { parseArgs } from 'node:util'

/** A command line or an environment that cannot be used. Its message lists every problem, a line each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** Where settings come from: a flag wins over its environment variable, and both over the default. */
export interface SettingsSource {
  /** The command line, without the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A setting: `--event-log`, or `EVENT_LOG` in the environment. */
export interface Setting {
  /** The flag's name, without dashes in front. */
  readonly flag: string
  /** What it sets, for `--help`. */
  readonly help: string
}

/** Reads settings one by one, and lists all problems at once. */
export interface Settings {
  text(setting: Setting & { readonly default: string }): string
  /** One of the choices. */
  choice<T extends string>(setting: Setting & { readonly of: readonly T[]; readonly default: T }): T
  /** A number within bounds, both included. */
  number(setting: Setting & NumberBounds): number
  /** A whole number within bounds, both included. */
  integer(setting: Setting & NumberBounds): number
  /** Origins (`http://host:port`), separated by commas; empty for none. */
  origins(setting: Setting & { readonly default: string }): string[]
  /** Adds a problem that only the caller can see: what is given, and what to give instead. */
  refuse(problem: string): void
  /** Throws a `SettingsError` unless every setting was good and every flag known. */
  finish(): void
}

interface NumberBounds {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** Asked for `--help`: its message is the text to print. */
export class HelpRequest extends Error {
  override readonly name = 'HelpRequest'
}

/** @param usage the first line of `--help`: what is run, and what it does. */
export function readSettings(usage: string, { args, env }: SettingsSource): Settings {
  const problems: string[] = []
  const help: { readonly flag: string; readonly text: string }[] = []
  const known = new Set(['help'])
  const { flags, words } = parseFlags(args)

  function raw({ flag, help: text }: Setting, fallback: unknown): string | undefined {
    const name = flag.toUpperCase().replaceAll('-', '_')
    known.add(flag)
    help.push({ flag, text: `${text} [${name}; ${fallback}]` })
    if (!flags.has(flag)) return env[name] === '' ? undefined : env[name]
    const value = flags.get(flag)
    if (value === undefined) problems.push(`--${flag} needs a value`)
    return value
  }
  function number(setting: Setting & NumberBounds, whole: boolean): number {
    const text = raw(setting, setting.default)
    if (text === undefined) return setting.default
    const value = Number(text)
    const fits = value >= setting.min && value <= setting.max && text.trim() !== ''
    if (fits && (!whole || Number.isInteger(value))) return value
    const kind = whole ? 'a whole number' : 'a number'
    problems.push(
      `--${setting.flag} is "${text}": give ${kind} from ${setting.min} to ${setting.max}`,
    )
    return setting.default
  }

  return {
    text: (setting) => raw(setting, setting.default) ?? setting.default,
    choice(setting) {
      const text = raw(setting, setting.default) ?? setting.default
      const chosen = setting.of.find((one) => one === text)
      if (chosen === undefined) {
        problems.push(`--${setting.flag} is "${text}": give one of ${setting.of.join(', ')}`)
      }
      return chosen ?? setting.default
    },
    number: (setting) => number(setting, false),
    integer: (setting) => number(setting, true),
    origins(setting) {
      const text = raw(setting, setting.default) ?? setting.default
      if (text === '') return []
      return text.split(',').map((one) => {
        const origin = URL.parse(one.trim())?.origin
        if (origin?.startsWith('http')) return origin
        problems.push(`--${setting.flag} is "${one}": give origins such as http://localhost:8081`)
        return ''
      })
    },
    refuse: (problem) => void problems.push(problem),
    finish() {
      if (flags.has('help')) throw new HelpRequest(`${usage}\n\n${inColumns(help)}`)
      for (const flag of flags.keys()) {
        if (!known.has(flag)) problems.push(`--${flag} is not a flag: see --help`)
      }
      for (const word of words) problems.push(`"${word}" is not expected: see --help`)
      if (problems.length > 0) throw new SettingsError(problems.join('\n'))
    },
  }
}

function inColumns(help: readonly { readonly flag: string; readonly text: string }[]): string {
  const width = Math.max(...help.map(({ flag }) => flag.length))
  return help.map(({ flag, text }) => `  --${flag.padEnd(width)}  ${text}`).join('\n')
}

/** Flags with their values, `--flag value` or `--flag=value`, and the words that belong to none. */
function parseFlags(args: readonly string[]) {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true })
  const flags = new Map<string, string | undefined>()
  const words: string[] = []
  let open: string | undefined
  for (const token of tokens) {
    if (token.kind === 'option') {
      flags.set(token.name, token.value)
      open = token.value === undefined && token.name !== 'help' ? token.name : undefined
    } else if (token.kind === 'positional') {
      if (open === undefined) words.push(token.value)
      else flags.set(open, token.value)
      open = undefined
    }
  }
  return { flags, words }
}

import { parseArgs } from 'node:util'

/** Options of the command line. */
export interface Options {
  /** Cases to measure. */
  readonly names: readonly string[]
  /** Number of rounds. Default: depends on the case. */
  readonly rounds: number | undefined
  /** Peers beside `marquee-bun`. Default: all. */
  readonly peers: ReadonlySet<string> | undefined
  /** True when servers and load have a core each. */
  readonly pin: boolean
  readonly json: boolean
  readonly help: boolean
}

export const roundsMax = 100

/**
 * Parses the arguments. Throws an error with one line for the user when they cannot be used.
 * @param benches Cases by the names that the command line accepts.
 * @param peerNames Names of all peers.
 */
export function readOptions(
  args: readonly string[],
  benches: Readonly<Record<string, readonly string[]>>,
  peerNames: readonly string[],
): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      peers: { type: 'string' },
      pin: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const selected = positionals.length > 0 ? positionals : Object.keys(benches)
  const names = selected.flatMap((name) => {
    if (Object.hasOwn(benches, name)) return benches[name] ?? []
    throw new Error(`unknown bench "${name}": choose from ${Object.keys(benches).join(', ')}`)
  })
  return {
    names: [...new Set(names)],
    rounds: values.rounds === undefined ? undefined : readRounds(values.rounds),
    peers: values.peers === undefined ? undefined : readPeers(values.peers, peerNames),
    pin: values.pin,
    json: values.json,
    help: values.help,
  }
}

function readPeers(text: string, peerNames: readonly string[]): ReadonlySet<string> {
  const peers = text.split(',')
  const unknown = peers.find((name) => !peerNames.includes(name))
  if (unknown === undefined) return new Set(peers)
  throw new Error(`unknown peer "${unknown}": choose from ${peerNames.join(', ')}`)
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= roundsMax) return rounds
  throw new Error(`--rounds must be a whole number from 1 to ${roundsMax}; got "${text}"`)
}

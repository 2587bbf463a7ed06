import { parseArgs } from 'node:util'

/** What a person asked for. */
export interface Options {
  /** The cases to measure. */
  readonly names: readonly string[]
  /** How often; as each case has it unless told. */
  readonly rounds: number | undefined
  /** The peers beside `marquee-bun`; all unless told. */
  readonly peers: ReadonlySet<string> | undefined
  readonly json: boolean
  readonly help: boolean
}

export const roundsMax = 100

/**
 * Throws an error with a line for people when the arguments cannot be used.
 * @param benches the cases by what a person may call them.
 * @param peerNames the peers that there are.
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
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const asked = positionals.length > 0 ? positionals : Object.keys(benches)
  const names = asked.flatMap((name) => {
    if (Object.hasOwn(benches, name)) return benches[name] ?? []
    throw new Error(`there is no bench "${name}": give ${Object.keys(benches).join(', ')}`)
  })
  return {
    names: [...new Set(names)],
    rounds: values.rounds === undefined ? undefined : readRounds(values.rounds),
    peers: values.peers === undefined ? undefined : readPeers(values.peers, peerNames),
    json: values.json,
    help: values.help,
  }
}

function readPeers(text: string, peerNames: readonly string[]): ReadonlySet<string> {
  const peers = text.split(',')
  const unknown = peers.find((name) => !peerNames.includes(name))
  if (unknown === undefined) return new Set(peers)
  throw new Error(`there is no peer "${unknown}": give ${peerNames.join(', ')}`)
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= roundsMax) return rounds
  throw new Error(`--rounds is "${text}": give a whole number from 1 to ${roundsMax}`)
}

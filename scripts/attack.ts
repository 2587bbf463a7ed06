/**
 * Attacks the services, started as a user starts them, and prints the cost of each attack: `bun run
 * attack`. Exits with 1 when the process ended or other clients were not served.
 */
import { parseArgs } from 'node:util'
import { attacks } from '../test/attacks/service/catalogue.ts'
import { createMemoryGroup } from '../test/attacks/service/memory-group.ts'
import { type AttackReport, runAttack } from '../test/attacks/service/run-attack.ts'

const usage = `bun run attack [NAME…] [--seconds N] [--memory N] [--list]

  NAME       part of the names of the attacks to run [all]
  --seconds  duration of each attack [8]
  --memory   memory limit of the services in MiB, if the machine has control groups [512]
  --list     print the names only`

const mebibyte = 1024 ** 2
const columns = ['attack', 'sent', 'peak RSS', "others' p99", 'ratings', 'seen', 'outcome']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '8' },
    memory: { type: 'string', default: '512' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  const selected = attacks.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  )
  if (values.list) return selected.forEach(({ name }) => void console.log(name))
  const found = createMemoryGroup(Number(values.memory) * mebibyte)
  using group = 'value' in found ? found.value : undefined
  console.log('missing' in found ? found.missing : `In a control group of ${values.memory} MiB:`)
  console.log(`\n${toRow(columns)}\n${toRow(columns.map(() => '---'))}`)
  for (const attack of selected) {
    const durationMs = Number(values.seconds) * 1000
    const report = await runAttack({ attack, durationMs, memoryGroup: group })
    const outcome = outcomeOf(report)
    if (outcome !== 'held') process.exitCode = 1
    console.log(toRow([...describe(report), outcome]))
  }
}

function describe({ name, sentBytes, peakRssBytes, others, outcomes }: AttackReport): string[] {
  const seen = [...outcomes].sort(([, a], [, b]) => b - a).slice(0, 3)
  return [
    name,
    sentBytes < mebibyte
      ? `${Math.ceil(sentBytes / 1024)} KiB`
      : `${Math.round(sentBytes / mebibyte)} MiB`,
    `${Math.round(peakRssBytes / mebibyte)} MiB`,
    `${Math.round(others.p99Ms)} ms`,
    `${others.ratingCount - others.ratingFailureCount} of ${others.ratingCount}`,
    seen.map(([outcome, count]) => `${outcome} × ${count}`).join(', '),
  ]
}

function outcomeOf({ exit, others }: AttackReport): string {
  if (exit !== undefined) return `the process ended (${exit})`
  if (others.probeFailureCount > 0) {
    return `other clients got no response: ${others.probeFailureCount} of ${others.probeCount}`
  }
  if (others.watchLossCount > 0) return `other clients lost their streams: ${others.watchLossCount}`
  return 'held'
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

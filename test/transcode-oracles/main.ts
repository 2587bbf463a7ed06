/**
 * `bun test/transcode-oracles/main.ts [--seed=N] [--count=N]`: compares requests of each service with
 * both oracles, and prints how often each rule explained a difference. Default: 20,000 requests for
 * each oracle. Needs Go.
 */
import { parseArgs } from 'node:util'
import { tool } from '@marquee/testing/tools'
import { buildOracles } from './build.ts'
import { compareMany } from './compare-many.ts'
import { openGateways, oracleNames } from './gateways.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string', default: '20000' } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const count = Number(values.count)
if (!Number.isSafeInteger(seed) || !(count > 0)) throw new Error('--seed=N, --count=N')
const go = tool('go')
if ('missing' in go) throw new Error(go.missing)

process.stdout.write(`--seed=${seed} --count=${count}\n`)
await using gateways = await openGateways(await buildOracles(go.value))
for (const oracle of oracleNames) {
  const uses = await compareMany(gateways, oracle, { seed, count })
  process.stdout.write(`${oracle}: ${count} requests\n`)
  for (const [name, times] of [...uses].sort((one, other) => other[1] - one[1])) {
    process.stdout.write(`  ${times} ${name}\n`)
  }
}

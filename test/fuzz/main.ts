/**
 * `bun run fuzz [--seed=N] [--seconds=N]`: fuzzes each subject. Default: 60 seconds. A failure
 * prints its seed. Also runs on Deno and Node; Node adds its own HTTP/1.1 parser as a reference.
 */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { subjects } from './subjects.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '60' } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
const seconds = Number(values.seconds)
if (!Number.isSafeInteger(seed) || !(seconds >= 0)) throw new Error('--seed=N, --seconds=N')

process.stdout.write(`--seed=${seed} --seconds=${seconds}\n`)
for (const [name, round] of Object.entries(subjects)) {
  const count = await fuzz(round, seed, seconds * 1000)
  process.stdout.write(`${name}: ${count} rounds\n`)
}
// Open connections do not keep the process alive.
process.exit()

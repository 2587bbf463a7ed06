/**
 * `bun run fuzz [--seed=N] [--seconds=N]`: fuzzes each subject for so long, 60 seconds unless told. A failure names the
 * seed that begins with it. Deno and Node run it as well, and Node adds its own parser of HTTP/1.1 as a judge.
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
// A connection that was left open is no reason to stay.
process.exit()

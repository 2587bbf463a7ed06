/** Converts ratings to another scale: `bun run convert-scale`. */
import { parseArgs } from 'node:util'
import { hideHarmlessWarnings } from '@marquee/service/process/warnings'
import { createScale } from '../services/rating/scale.ts'
import { convertScale } from '../services/rating/store/convert-scale.ts'
import type { Conversion } from '../services/rating/store/converter.ts'
import { runCommand } from './command.ts'

const help = `bun run convert-scale --type TYPE --to MIN:MAX:STEP [options]

Converts all ratings of a record type to another scale: all of them exactly, or none. Stop the rating
services first, make a backup, and give them the new scale afterwards: --scale TYPE=MIN:MAX:STEP.

  --database-url URL   the database of the ratings: sqlite:PATH or postgres://… [DATABASE_URL; sqlite:data/rating.db]
  --multiply N         new value = old value × N ÷ the number of --divide [1]
  --divide N           [1]

From 0.5 to 5 in half steps to 1 to 10: --to 1:10:1 --multiply 2
From 1 to 10 to half stars:             --to 0.5:5:0.5 --divide 2

Exit codes: 0 done; 1 failed, and nothing has changed; 2 wrong arguments.`

interface Options {
  readonly url: string
  readonly conversion: Conversion
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      'database-url': { type: 'string' },
      type: { type: 'string' },
      to: { type: 'string' },
      multiply: { type: 'string', default: '1' },
      divide: { type: 'string', default: '1' },
    },
  })
  const { type: recordType, to } = values
  if (!recordType || to === undefined) throw new Error('expected --type and --to')
  const url = values['database-url'] ?? (process.env.DATABASE_URL || 'sqlite:data/rating.db')
  const [multiply, divide] = [readFactor(values.multiply), readFactor(values.divide)]
  return { url, conversion: { recordType, to: createScale(to), multiply, divide } }
}

function readFactor(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return Number(text)
  throw new Error(`expected a whole number from 1 to 1000, not "${text}"`)
}

async function run({ url, conversion }: Options): Promise<boolean> {
  try {
    const { records, ratings } = await convertScale(url, conversion)
    console.log(`converted ${ratings} ratings of ${records} records`)
    return true
  } catch (error) {
    console.error(`marquee: ${(error as Error).message}`)
    return false
  }
}

hideHarmlessWarnings()
await runCommand({ help, readOptions, run })

import { openEventLog } from '@marquee/event-log/open'
import { parseDatabaseUrl } from '@marquee/sql/database-url'
import { pino } from 'pino'
import { type RebuildConfig, readRebuildConfig } from '../services/rating/config.ts'
import { type Rebuilt, rebuildStore } from '../services/rating/feed/rebuild.ts'
import type { AggregateDifference } from '../services/rating/feed/rebuild-check.ts'
import { openRebuildTarget } from '../services/rating/feed/rebuild-target.ts'
import { main, type Program, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'

const help = `rebuild --database-url URL [options]

Rebuilds the database of a rating service from the topics rating-changes and rating-aggregates, in an
empty database: every rating with its value, time and revision, and every aggregate. Compares each
published aggregate with the ratings. Give the flags that the service has, then start the service on
the new database. A program that fails leaves no ratings behind: correct the reason, and run it again.

  --database-url URL     an empty database: sqlite:PATH or postgres://…
  --events end|start     where the service continues in the topic ratings: behind the events that it
                         has when this program starts, or at its start, where old events replace newer
                         ratings of other calls (end)
  --kafka-brokers LIST   Kafka, with --kafka-tls, --kafka-sasl-mechanism and so on, or
  --event-log PATH       the embedded event log (data/events.db)
  --event-log-topic NAME, --event-log-changes-topic NAME, --event-log-aggregates-topic NAME
                         the topics (ratings, rating-changes, rating-aggregates)
  --scale TYPE=MIN:MAX:STEP, --prior-mean, --prior-weight
                         as the service has them
  --help

The environment variables are those of the service. A service may publish meanwhile: the result is
the state when the program started.
Exit codes: 0 done; 1 failed, or aggregates differ; 2 wrong arguments; 130 stopped by Ctrl-C.`

/** Number of differences that are printed. */
const shownDifferencesMax = 5

/** Rebuilds the database of a rating service from its topics. */
export const rebuildProgram: Program = {
  name: 'rebuild',
  help,
  async run(args, { print, stderr, signal }) {
    const { databaseUrl, eventLog: logConfig, ...config } = readConfig(args)
    await using eventLog = await openEventLog(logConfig, pino({ level: 'silent' }))
    const { names, eventsFrom, rules } = config
    const eventsTopic = names.topic
    const onLeft = (reason: string) => {
      stderr.write(`the database has a part of the ratings, remove it: ${reason}\n`)
    }
    await using target = await openRebuildTarget({ databaseUrl, rules, eventsTopic, onLeft })
    const { store } = target
    const progress = createProgress({ stderr, noun: 'records', total: undefined })
    const topics = { changes: names.changesTopic, aggregates: names.aggregatesTopic }
    const onProgress = (count: number) => progress.update(count, count)
    const options = { store, eventLog, topics, eventsTopic, eventsFrom, onProgress }
    const rebuilt = await rebuildStore({ ...options, signal }).finally(() => progress.stop())
    await target.finish()
    report(rebuilt, config, print)
    const count = rebuilt.differences.length
    if (count > 0) throw new Error(`${count} aggregates differ from the ratings`)
  },
}

function readConfig(args: string[]): RebuildConfig {
  const config = readRebuildConfig({ args })
  if (parseDatabaseUrl(config.databaseUrl).kind !== 'memory') return config
  throw new UsageError('--database-url must be sqlite:PATH or postgres://…')
}

function report(
  { changes, aggregates, positions, differences, newerCount }: Rebuilt,
  { names, eventsFrom }: Pick<RebuildConfig, 'names' | 'eventsFrom'>,
  print: (line: string) => void,
): void {
  const summary = createSummary(['changes', 'records', 'differing'])
  summary.count('changes', changes)
  summary.count('records', aggregates)
  summary.count('differing', differences.length)
  print(summary.format())
  print('The database has the state that the topics had when this program started.')
  print(
    eventsFrom === 'end'
      ? `The service will apply no event of ${names.topic} before the offsets ${positions.join(', ')}.`
      : `The service will apply all events of ${names.topic} again.`,
  )
  if (newerCount > 0) {
    print(
      `A service publishes: ${newerCount} records have changes that one topic does not have yet.`,
    )
  }
  for (const one of differences.slice(0, shownDifferencesMax)) print(describe(one))
}

function describe({ recordType, recordId, published, counted }: AggregateDifference): string {
  const said = published === undefined ? 'no aggregate' : `the histogram ${published.join(' ')}`
  const record = JSON.stringify([recordType, recordId])
  return `${record}: the topic has ${said}, and the ratings give ${counted.join(' ')}`
}

if (import.meta.main) await main(rebuildProgram)

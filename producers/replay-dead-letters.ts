import { isUtf8 } from 'node:buffer'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fromDeadLetter, splitDeadLetter } from '@marquee/event-log/dead-letter'
import type {
  ConsumeOptions,
  EventLog,
  LogRecord,
  NewRecord,
  RecordBatch,
} from '@marquee/event-log/port'
import { eventLogFlags, eventLogHelp, openEventLogAt, readTopics } from './config.ts'
import { main, type Program, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary, type Summary } from './summary.ts'

/** Maximum number of dead letters appended at once. */
const batchSizeMax = 1_000
/** Interval at which completion is checked, in milliseconds. */
const checkIntervalMs = 50
/** Maximum time without progress, in milliseconds. */
const stallMsMax = 30_000

const help = `replay-dead-letters [options]

Appends the events of the topic ratings.dlq to their original topic again, unchanged, so that the
rating service retries them. Fix the cause first, or the service refuses them again. Each event is
replayed once, however often the program runs. After a crash some may be replayed twice, which
changes nothing unless their user has rated again meanwhile. A replayed event takes effect now, also
over newer events.

  ${eventLogHelp}
  --list            only show all dead letters, one JSON object per line
  --help

An event whose value was too large for a dead letter is counted as left. It is still in its original
topic.
Exit codes: 0 done; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

/** Appends dead letters to their original topic again. */
export const replayDeadLettersProgram: Program = {
  name: 'replay-dead-letters',
  help,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...eventLogFlags, list: { type: 'boolean', default: false } },
    })
    if (positionals.length > 0)
      throw new UsageError('expected no file: the program reads from the event log')
    await using eventLog = await openEventLogAt(values['event-log'], 'replay-dead-letters')
    const topics = readTopics(values)
    if (values.list) await list(eventLog, topics, terminal)
    else await replay(eventLog, topics, terminal)
  },
}

type Topics = ReturnType<typeof readTopics>

async function replay(eventLog: EventLog, topics: Topics, terminal: Terminal): Promise<void> {
  const summary = createSummary(['read', 'replayed', 'left'])
  const progress = createProgress({ stderr: terminal.stderr, noun: 'events', total: undefined })
  try {
    const from = { topic: topics.deadLetterTopic, group: 'replay-dead-letters' }
    await readLetters(eventLog, from, terminal.signal, async (letters) => {
      await replayLetters(eventLog, topics.topic, letters, summary)
      progress.update(summary.get('read'), summary.get('read'))
    })
  } finally {
    progress.stop()
    terminal.print(summary.format())
  }
}

async function list(
  eventLog: EventLog,
  topics: Topics,
  { signal, print }: Terminal,
): Promise<void> {
  const group = `list-dead-letters-${crypto.randomUUID()}`
  const from = { topic: topics.deadLetterTopic, group }
  await readLetters(eventLog, from, signal, async (letters) => {
    for (const letter of letters) print(describe(letter))
  })
}

/** Passes the existing dead letters to `handle`, batch by batch, from the position of the group. */
async function readLetters(
  eventLog: EventLog,
  { topic, group }: Pick<ConsumeOptions, 'topic' | 'group'>,
  signal: AbortSignal,
  take: (letters: readonly LogRecord[]) => Promise<void>,
): Promise<void> {
  // An event that is refused again during this run becomes a new dead letter, which is left for the
  // next run.
  const ends = await eventLog.ends(topic)
  const done = Promise.withResolvers<void>()
  // The promise may be rejected before it is awaited.
  done.promise.catch(() => {})
  let lastError = new Error('other consumers of the group have all partitions: is another running?')
  let movedAtMs = performance.now()

  async function handle({ partition, records }: RecordBatch): Promise<number> {
    const [first, last] = [records[0]?.offset ?? 0, records.at(-1)?.offset ?? 0]
    const end = ends[partition] ?? 0
    if (first >= end) {
      // A short wait, because the log may deliver no other partition meanwhile.
      await Promise.race([done.promise, delay(checkIntervalMs)])
      return first
    }
    await take(records.filter(({ offset }) => offset < end))
    movedAtMs = performance.now()
    return Math.min(last + 1, end)
  }

  await using consumption = await eventLog.consume({
    topic,
    group,
    batchSizeMax,
    handle,
    onError(error) {
      lastError = error
    },
  })
  const isDone = () => {
    const own = consumption.progress()
    return (
      own.length > 0 && own.every(({ partition, position }) => position >= (ends[partition] ?? 0))
    )
  }
  const timer = setInterval(() => {
    if (signal.aborted || isDone()) done.resolve()
    else if (performance.now() - movedAtMs > stallMsMax) done.reject(lastError)
  }, checkIntervalMs)
  await done.promise.finally(() => clearInterval(timer))
}

async function replayLetters(
  eventLog: EventLog,
  ratingsTopic: string,
  letters: readonly LogRecord[],
  summary: Summary,
): Promise<void> {
  const byTopic = new Map<string, NewRecord[]>()
  for (const letter of letters) {
    const record = fromDeadLetter(letter)
    const topic = splitDeadLetter(letter.headers).own.topic ?? ratingsTopic
    if (record) byTopic.set(topic, [...(byTopic.get(topic) ?? []), record])
    else summary.count('left', 1)
  }
  for (const [topic, records] of byTopic) {
    await eventLog.append(topic, records)
    summary.count('replayed', records.length)
  }
  summary.count('read', letters.length)
}

function describe({ key, value, headers, timestampMs }: LogRecord): string {
  const { own, original } = splitDeadLetter(headers)
  return JSON.stringify({
    time: new Date(timestampMs).toISOString(),
    key: show(key),
    reason: own.reason,
    'source-topic': own.topic,
    'source-partition': own.partition,
    'source-offset': own.offset,
    'value-omitted-bytes': own.omitted,
    headers: original.map((header) => [header.name, show(header.value)]),
    value: show(value),
  })
}

/** Returns the bytes as text, or as Base64 when they are not UTF-8. `null` for none. */
function show(bytes: Uint8Array | null): string | { base64: string } | null {
  if (bytes === null) return null
  const buffer = Buffer.from(bytes)
  return isUtf8(buffer) ? buffer.toString() : { base64: buffer.toString('base64') }
}

if (import.meta.main) await main(replayDeadLettersProgram)

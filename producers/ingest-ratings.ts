import { parseArgs } from 'node:util'
import { eventLogFlags, eventLogHelp, openEventLogAt, readTopics } from './config.ts'
import { ingestRatings } from './ingest.ts'
import { openInput, readEncoding } from './input.ts'
import { main, type Program, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'

const help = `ingest-ratings [options] FILE|-

Appends rating events to the event log, from which the rating service takes them: to Kafka where
the environment names it as for the service (KAFKA_BROKERS), else to a file. The source, a file or
standard input (-), gzip or not, holds a JSON array of events or one event on each line:

  {"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"p","eventType":"put"}

  ${eventLogHelp}
  --provider NAME   the providerId of events that have none
  --encoding NAME   that of the text, such as latin1 (utf-8)
  --help

What is not a JSON object, or not in the encoding, is refused, counted and shown with its line. The
others go in byte for byte: the service puts those it cannot apply into the topic ratings.dlq. Where
an array is broken off or malformed, what is whole before it goes in, and the place is shown.
Exit codes: 0 done, also with refusals; 1 failed, or the array is malformed; 2 wrong arguments; 130 stopped by Ctrl-C.`

/** Appends rating events from a file to the event log. */
export const ingestRatingsProgram: Program = {
  name: 'ingest-ratings',
  help,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...eventLogFlags,
        provider: { type: 'string' },
        encoding: { type: 'string', default: 'utf-8' },
      },
    })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('it takes one file, or -')
    const { stderr, signal } = terminal
    const source = await openInput(path, terminal, readEncoding(values.encoding))
    const { topic } = readTopics(values)
    const eventLog = await openEventLogAt(values['event-log'])
    const summary = createSummary(['read', 'appended', 'refused'])
    const progress = createProgress({ stderr, noun: 'events', total: source.sizeBytes })
    const onProgress = () => progress.update(source.readBytes(), summary.get('read'))
    try {
      const { provider } = values
      await ingestRatings({ source, eventLog, topic, provider, summary, signal, onProgress })
    } finally {
      progress.stop()
      terminal.print(summary.format())
      await eventLog[Symbol.asyncDispose]()
    }
  },
}

if (import.meta.main) await main(ingestRatingsProgram)

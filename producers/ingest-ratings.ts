import { parseArgs } from 'node:util'
import { eventLogFlags, eventLogHelp, openEventLogAt, readTopics } from './config.ts'
import { ingestRatings } from './ingest.ts'
import { openInput, readEncoding } from './input.ts'
import { main, type Program, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'

const help = `ingest-ratings [options] FILE|-

Appends rating events to the event log that the rating service reads: to Kafka when KAFKA_BROKERS is
set, otherwise to a file. The input is a file or standard input (-), gzip or not. It holds a JSON
array of events, or one event per line:

  {"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"p","eventType":"put"}

  ${eventLogHelp}
  --provider NAME   providerId of events that have none
  --encoding NAME   encoding of the text, such as latin1 (utf-8)
  --help

Events that are not JSON objects, or not in the encoding, are refused, counted and shown with their
line. The others are appended byte for byte; the service moves those it cannot apply to the topic
ratings.dlq. When an array is truncated or malformed, the complete events before that place are
appended, and the place is shown.
Exit codes: 0 done, even with refusals; 1 failed, or the array is malformed; 2 wrong arguments;
130 stopped by Ctrl-C.`

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
    if (path === undefined || more.length > 0)
      throw new UsageError('expected one file, or - for standard input')
    const { stderr, signal } = terminal
    const source = await openInput(path, terminal, readEncoding(values.encoding))
    const { topic } = readTopics(values)
    const eventLog = await openEventLogAt(values['event-log'], 'ingest-ratings')
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

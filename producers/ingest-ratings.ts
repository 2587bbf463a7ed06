import { parseArgs } from 'node:util'
import { defaults, openEventLogAt } from './config.ts'
import { ingestRatings } from './ingest.ts'
import { openInput } from './input.ts'
import { main, type Program, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'

const help = `ingest-ratings [options] FILE|-

Appends rating events to the event log, from which the rating service takes them: to Kafka where
the environment names it as for the service (KAFKA_BROKERS), else to a file. The source, a file or
standard input (-), gzip or not, holds a JSON array of events or one event on each line:

  {"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"p","eventType":"put"}

  --event-log PATH  the embedded event log (${defaults.eventLog})
  --provider NAME   the providerId of events that have none
  --help

What is no JSON object is refused, counted and shown with its line. What is one goes in as it
stands: the service puts those it cannot take into the topic ratings.dlq.
Exit codes: 0 done, also with refusals; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

/** Appends rating events from a file to the event log. */
export const ingestRatingsProgram: Program = {
  name: 'ingest-ratings',
  help,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        'event-log': { type: 'string' },
        provider: { type: 'string' },
      },
    })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('it takes one file, or -')
    const { stderr, signal } = terminal
    const source = await openInput(path, terminal)
    const eventLog = await openEventLogAt(values['event-log'])
    const summary = createSummary(['read', 'appended', 'refused'])
    const progress = createProgress({ stderr, noun: 'events', total: source.sizeBytes })
    const onProgress = () => progress.update(source.readBytes(), summary.get('read'))
    try {
      const { provider } = values
      await ingestRatings({ source, eventLog, provider, summary, signal, onProgress })
    } finally {
      progress.stop()
      terminal.print(summary.format())
      await eventLog[Symbol.asyncDispose]()
    }
  },
}

if (import.meta.main) await main(ingestRatingsProgram)

import { openEventLog } from '@marquee/event-log/open'
import { MemoryBudget } from '@marquee/http/memory/budget'
import type { Server } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { startProbe } from '@marquee/service/process/health'
import { announce, createServiceParts, listen } from '@marquee/service/process/parts'
import { type Running, run } from '@marquee/service/process/run'
import { openFaults } from '@marquee/service/process/sqlite-faults'
import { traceEventLog } from '@marquee/service/telemetry/event-log'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type RatingOptions, readRatingConfig } from './config.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createEraseUser } from './erasure/erase-user.ts'
import { feedNotice, measureFeed } from './feed/health.ts'
import { startRelay } from './feed/relay.ts'
import { createIngest } from './ingest.ts'
import { ingestCondition, ingestLiveness, ingestNotice, measureIngest } from './ingest-health.ts'
import { createRatingApp } from './service.ts'
import { hearWorkers } from './store/hear-workers.ts'
import { openRatingStore } from './store/open.ts'
import { createAggregateWatches } from './watch.ts'

/** Starts the rating service; what `use` has taken stops it. */
export async function startRating(
  running: Running,
  options: RatingOptions,
  registry: Registry,
  memory: MemoryBudget,
): Promise<Server> {
  const { use, log, workers } = running
  const { rules, names, logPolicy, publishes } = options
  const parts = await createServiceParts('rating', running, options, registry, memory)
  const { health, metrics, traces } = parts
  const onWarning = (message: string) => log.warn(message)
  const faults = openFaults({ log, metrics, health })
  const isSharedByWorkers = workers.place?.isFirst === false
  const storeOptions = { rules, onWarning, faults, isSharedByWorkers }
  const opened = use(await openRatingStore(options.databaseUrl, storeOptions))
  const store = hearWorkers(opened, workers.topic('ratings'))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  // Another worker that writes could seem to be damage.
  const file = { faults, checked: !isSharedByWorkers }
  const ownLog = use(await openEventLog(options.eventLog, log, file))
  const eventLog = traces ? traceEventLog(ownLog, traces, options.eventLog.kind) : ownLog
  const watches = use(createAggregateWatches({ store }))
  const ingest = createIngest({ eventLog, sink: store, log, logPolicy, ...names })
  health.require('ingest', ingestCondition(ingest), 'work')
  health.require('ingest', ingestLiveness(ingest), 'life')
  health.note('ingest', ingestNotice(ingest))
  const topics = { changes: names.changesTopic, aggregates: names.aggregatesTopic }
  const relay = publishes ? use(startRelay({ store, eventLog, log, topics })) : undefined
  if (relay === undefined) await store.outbox.end()
  else {
    health.note('feed', feedNotice(relay))
    measureFeed(metrics, relay)
  }
  const app = createRatingApp({
    ...parts,
    store,
    watches,
    eraseUser: createEraseUser({ store, log: { eventLog, topics: names } }),
    deadLetters: createDeadLetters(eventLog, names.deadLetterTopic),
    ingest,
  })
  const server = await listen(running, parts, options, memory, { name: 'rating', app })
  use(await ingest.start())
  measureIngest(metrics, ingest)
  const healthName = RatingService.typeName
  await announce(running, parts, registry, { name: 'rating', healthName, url: server.url })
  return server
}

if (import.meta.main) {
  await run('rating', readRatingConfig, async (running, { registry: config, ...options }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: options.memoryBytesMax })
    await startRating(running, options, registry, memory)
  })
}

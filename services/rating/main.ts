import { openEventLog } from '@marquee/event-log/open'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { openHostCheck } from '@marquee/http/server/host-check'
import { type Server, serve } from '@marquee/http/server/serve'
import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { createServiceAdmission } from '@marquee/service/admission'
import { createAccessLog } from '@marquee/service/logs/access-log'
import { measureConnections } from '@marquee/service/metrics/connections'
import { measureMemory } from '@marquee/service/metrics/memory'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { measureRegistry } from '@marquee/service/metrics/registry'
import { type Condition, createHealth, startProbe } from '@marquee/service/process/health'
import { logReadiness } from '@marquee/service/process/readiness'
import { type Running, run } from '@marquee/service/process/run'
import { openFaults } from '@marquee/service/process/sqlite-faults'
import { followTlsFiles } from '@marquee/service/process/tls-files'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type RatingSettings, readRatingConfig } from './config.ts'
import { createDeadLetters } from './dead-letters.ts'
import { type Ingest, startIngest } from './ingest.ts'
import { ingestCondition, ingestLiveness, ingestNote, measureIngest } from './ingest-health.ts'
import { createRatingService } from './service.ts'
import { openRatingStore } from './store/open.ts'
import { createAggregateWatches } from './watch.ts'

/** Starts the rating service; what `use` has taken stops it. */
export async function startRating(
  { use, log, draining, connections, onHangUp }: Running,
  {
    databaseUrl,
    prior,
    eventLog: eventLogConfig,
    names,
    logPolicy,
    corsOrigins,
    rpcLimits: limits,
    admissionLimits,
    ...listen
  }: RatingSettings,
  registry: Registry,
  memory: MemoryBudget,
): Promise<Server> {
  const metrics = createMetrics()
  measureRegistry(metrics, registry)
  measureConnections(metrics, connections)
  measureMemory(metrics, memory)
  const health = createHealth(draining)
  const admission = createServiceAdmission({
    log,
    metrics,
    limits: admissionLimits,
    corsOrigins,
  })
  const onWarning = (message: string) => log.warn(message)
  const faults = openFaults({ log, metrics, health })
  const store = use(await openRatingStore(databaseUrl, { prior, onWarning, faults }))
  health.require('store', use(startProbe({ probe: () => store.revision() })).condition)
  const eventLog = use(await openEventLog(eventLogConfig, log, faults))
  const watches = use(createAggregateWatches({ store }))
  let ingesting: Ingest | undefined
  const app = createRatingService({
    store,
    watches,
    deadLetters: createDeadLetters(eventLog, names.deadLetterTopic),
    ingestStatus: () => ingesting?.status(),
    log,
    logAccess: createAccessLog(log),
    metrics,
    health,
    corsOrigins,
    limits,
    hosts: await openHostCheck(listen),
    trustedProxies: listen.trustedProxies,
    admission,
  })
  const server = use(await serve({ ...listen, connections, memory, app, admission, log }))
  use(followTlsFiles({ tls: listen.tls, server, onHangUp, log }))
  use(logReadiness({ name: 'rating', health, log }))
  let isReading: Condition = () => 'events are not read yet'
  health.require('ingest', () => isReading(), 'work')
  const ingest = use(await startIngest({ eventLog, sink: store, log, logPolicy, ...names }))
  ingesting = ingest
  isReading = ingestCondition(ingest)
  health.require('ingest', ingestLiveness(ingest), 'life')
  health.note('ingest', ingestNote(ingest))
  measureIngest(metrics, ingest)
  const healthName = RatingService.typeName
  use(await registry.register({ service: 'rating', url: server.url, health, healthName }))
  log.info({ url: server.url }, 'rating is listening')
  return server
}

if (import.meta.main) {
  await run('rating', readRatingConfig, async (running, { registry: config, ...settings }) => {
    const registry = running.use(await openRegistry(config, running.log))
    const memory = new MemoryBudget({ bytesMax: settings.memoryBytesMax })
    await startRating(running, settings, registry, memory)
  })
}

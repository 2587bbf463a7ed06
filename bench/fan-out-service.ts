/** Serves ratings in an SQLite file like the rating service, and counts the reads of the store. */

import { openHostCheck } from '@marquee/http/server/host-check'
import { serve } from '@marquee/http/server/serve'
import { createServiceAdmission } from '@marquee/service/admission'
import { readFlags } from '@marquee/service/flags/flags'
import { readServiceOptions } from '@marquee/service/flags/service'
import { createAccessLog } from '@marquee/service/logs/access-log'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { run } from '@marquee/service/process/run'
import { defaultRules } from '../services/rating/scoring.ts'
import { createRatingApp } from '../services/rating/service.ts'
import { openRatingStore } from '../services/rating/store/open.ts'
import type { RatingStore } from '../services/rating/store/port.ts'
import { createAggregateWatches } from '../services/rating/watch.ts'

const usage = 'bench/fan-out-service.ts: ratings whose watches are to be measured'

function readConfig() {
  const flags = readFlags(usage, { args: process.argv.slice(2), env: process.env })
  const databaseUrl = flags.text({
    flag: 'database-url',
    help: 'the database',
    default: 'memory:',
  })
  const config = { ...readServiceOptions(flags, 0), databaseUrl }
  flags.finish()
  return config
}

/** Counts the reads of changes with at least one change, and the reads of states. */
function counting(store: RatingStore) {
  const reads = { changes: 0, states: 0 }
  const counted: RatingStore = {
    ...store,
    async changes(options) {
      const page = await store.changes(options)
      if (page.states.length > 0) reads.changes++
      return page
    },
    states(records) {
      reads.states++
      return store.states(records)
    },
  }
  return { counted, reads }
}

await run('rating', readConfig, async ({ log, draining, connections, use }, config) => {
  const store = use(await openRatingStore(config.databaseUrl, { rules: defaultRules }))
  const { counted, reads } = counting(store)
  const watches = use(createAggregateWatches({ store: counted }))
  const metrics = createMetrics()
  const admission = createServiceAdmission({ log, metrics })
  const app = createRatingApp({
    store,
    watches,
    log,
    logAccess: createAccessLog(log),
    metrics,
    admission,
    health: createHealth(draining),
    hosts: await openHostCheck(config),
  })
  app.get('/reads', (c) => c.json(reads))
  app.post('/rate', async (c) => {
    const { record, user } = c.req.query()
    const rating = { recordType: 'movie', recordId: record ?? '', userId: user ?? '', value: 4 }
    await store.put([rating])
    return c.json({ committedMs: performance.timeOrigin + performance.now() })
  })
  const server = use(await serve({ ...config, connections, app, admission, log }))
  log.info({ url: server.url }, 'rating is ready')
})

import { createEdgeService } from '@marquee/service/edge'
import { defaultRules } from './scoring.ts'
import { createRatingApp } from './service.ts'
import { createMemoryRatingStore } from './store/memory.ts'
import { createSeparateWatches } from './watch.ts'

/**
 * The rating service for platforms that call `fetch`. Its ratings are lost when the process ends,
 * and it reads no events.
 */
export default createEdgeService((base) => {
  const store = createMemoryRatingStore({ rules: defaultRules })
  return createRatingApp({ ...base, store, watches: createSeparateWatches(store) })
})

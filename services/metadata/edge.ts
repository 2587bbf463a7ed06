import { createEdgeService } from '@marquee/service/edge'
import { createMetadataApp } from './service.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

/**
 * The metadata service for platforms that call `fetch`. Its catalogue is lost when the process
 * ends.
 */
export default createEdgeService((base) =>
  createMetadataApp({ ...base, store: createMemoryMetadataStore() }),
)

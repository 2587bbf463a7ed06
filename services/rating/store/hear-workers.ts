import type { Topic } from '@marquee/service/workers/port'
import type { RatingDatabase } from './database.ts'

/**
 * Returns the store with listeners that also hear of changes by other workers, without their
 * records. A store on a network notifies them itself.
 */
export function hearWorkers(store: RatingDatabase, topic: Topic): RatingDatabase {
  if (store.capabilities.shared !== 'machine') return store
  store.onChange(topic.announce)
  return {
    ...store,
    onChange(listener) {
      const stop = store.onChange(listener)
      const others = topic.listen(() => listener([]))
      return () => {
        stop()
        others[Symbol.dispose]()
      }
    },
  }
}

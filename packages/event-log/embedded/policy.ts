import type { DatabaseSync } from 'node:sqlite'
import { write } from '@marquee/sql/sqlite/sqlite'
import type { TopicCleanup } from '../port.ts'

/** Policies of the topics in the file. */
export interface Policies {
  /** Returns the topic's policy, also when another process has changed it. */
  cleanup(topic: string): TopicCleanup
  /** Changes the policy. Does nothing when the topic has it. */
  set(topic: string, cleanup: TopicCleanup): Promise<void>
}

export function createPolicies(db: DatabaseSync): Policies {
  const query = db.prepare('SELECT cleanup FROM topic WHERE name = ?')
  const change = db.prepare('INSERT OR REPLACE INTO topic VALUES (?, ?)')
  const cleanup = (topic: string) =>
    (query.get(topic)?.cleanup as TopicCleanup | undefined) ?? 'delete'
  return {
    cleanup,
    async set(topic, wanted) {
      if (cleanup(topic) === wanted) return
      await write(db, () => change.run(topic, wanted))
    },
  }
}

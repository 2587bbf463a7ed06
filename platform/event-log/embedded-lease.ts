import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../sql/sqlite.ts'

/** How long a lease lasts without being renewed, in milliseconds. */
export const leaseMs = 5_000

export interface LeaseOptions {
  readonly db: DatabaseSync
  readonly group: string
  readonly topic: string
  /** Unique to this opening of the log. */
  readonly owner: string
  readonly clock: () => number
}

/** The right of one process at a time to consume a topic for a group. */
export interface Lease {
  /**
   * Takes the lease, or keeps it, and says whether it is held now. It is free when nobody holds it, when it expired,
   * and when its holder is a process of this host that is gone.
   */
  acquire(): boolean
  /** Makes it last longer; false when it was lost. */
  renew(): boolean
  release(): void
}

export function createLease({ db, group, topic, owner, clock }: LeaseOptions): Lease {
  const query = db.prepare('SELECT * FROM lease WHERE group_name = ? AND topic = ?')
  const take = db.prepare('INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?)')
  const extend = db.prepare(
    'UPDATE lease SET expiry_time_ms = ? WHERE group_name = ? AND topic = ? AND owner = ?',
  )
  const drop = db.prepare('DELETE FROM lease WHERE group_name = ? AND topic = ? AND owner = ?')
  const host = hostname()

  function isFree(): boolean {
    const held = query.get(group, topic)
    if (held === undefined || held.owner === owner) return true
    if (clock() >= (held.expiry_time_ms as number)) return true
    return held.host === host && !isAlive(held.pid as number)
  }

  return {
    acquire() {
      return transaction(db, () => {
        if (!isFree()) return false
        take.run(group, topic, owner, host, process.pid, clock() + leaseMs)
        return true
      })
    },
    renew: () =>
      transaction(db, () => extend.run(clock() + leaseMs, group, topic, owner).changes !== 0),
    release() {
      drop.run(group, topic, owner)
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Anything else, such as EPERM, says that there is a process, or nothing; then the expiry decides.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

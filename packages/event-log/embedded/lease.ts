import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '@marquee/sql/sqlite/sqlite'

/** How long a lease lasts without being renewed, in milliseconds. */
export const leaseMs = 5_000

export interface LeaseOptions {
  readonly db: DatabaseSync
  readonly group: string
  readonly topic: string
  /** Unique to this opening of the log. */
  readonly owner: string
  readonly clock: () => number
  /** Milliseconds since any time, whatever is done to the clock. */
  readonly monotonic?: () => number
}

/** The right of one process at a time to consume a topic for a group. */
export interface Lease {
  /**
   * Takes the lease, or keeps it, and says whether it is held now. It is free when nobody holds it, when it expired,
   * when its holder is a process of this host that is gone, and when it was not renewed for as long as it lasts, whatever
   * its expiry says: the holder's clock may have been ahead.
   */
  acquire(): boolean
  /** Process and host that held the lease when it was last refused. */
  holder(): string | undefined
  /** Makes it last longer; false when it was lost. */
  renew(): boolean
  release(): void
}

export function createLease(options: LeaseOptions): Lease {
  const { db, group, topic, owner, clock, monotonic = () => performance.now() } = options
  const query = db.prepare('SELECT * FROM lease WHERE group_name = ? AND topic = ?')
  const take = db.prepare('INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?)')
  const extend = db.prepare(
    'UPDATE lease SET expiry_time_ms = ? WHERE group_name = ? AND topic = ? AND owner = ?',
  )
  const drop = db.prepare('DELETE FROM lease WHERE group_name = ? AND topic = ? AND owner = ?')
  const host = hostname()
  let seen: { readonly state: string; readonly sinceMs: number } | undefined
  let holder: string | undefined

  function isFree(): boolean {
    const held = query.get(group, topic)
    holder = held && `process ${held.pid} of ${held.host}`
    if (held === undefined || held.owner === owner) return true
    if (clock() >= (held.expiry_time_ms as number)) return true
    if (held.host === host && !isAlive(held.pid as number)) return true
    return isSilent(`${held.owner} ${held.expiry_time_ms}`)
  }

  /** Whether the holder has not renewed it for as long as it lasts, by the time of this process. */
  function isSilent(state: string): boolean {
    const nowMs = monotonic()
    if (seen?.state !== state) seen = { state, sinceMs: nowMs }
    return nowMs - seen.sinceMs > leaseMs
  }

  return {
    acquire() {
      return transaction(db, () => {
        if (!isFree()) return false
        holder = undefined
        take.run(group, topic, owner, host, process.pid, clock() + leaseMs)
        return true
      })
    },
    holder: () => holder,
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

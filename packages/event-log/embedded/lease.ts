import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '@marquee/sql/sqlite/sqlite'

/** Time after which a lease expires unless it is renewed, in milliseconds. */
export const leaseMs = 5_000

export interface LeaseOptions {
  readonly db: DatabaseSync
  readonly group: string
  readonly topic: string
  /** Id that is unique to this `EventLog` object. */
  readonly owner: string
  readonly clock: () => number
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly monotonic?: () => number
}

/** Exclusive right of one process to consume a topic for a group. */
export interface Lease {
  /**
   * Acquires or keeps the lease, and returns whether this process holds it. The lease is free when
   * nobody holds it, when it expired, or when its holder was a process of this host that no longer
   * exists. It is also free when it was not renewed within its lifetime, whatever its expiry time
   * says: the holder's clock may have been ahead.
   */
  acquire(): boolean
  /** Returns process and host of the holder when `acquire` last returned false. */
  holder(): string | undefined
  /** Extends the lease. Returns false when it was lost. */
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

  /**
   * Returns whether the holder has not renewed the lease within its lifetime, by the clock of this
   * process.
   */
  function isSilent(state: string): boolean {
    const nowMs = monotonic()
    if (seen?.state !== state) seen = { state, sinceMs: nowMs }
    return nowMs - seen.sinceMs > leaseMs
  }

  return {
    acquire() {
      // A read does not wait for those who write.
      if (!isFree()) return false
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
    // Any other error, such as EPERM, means that the process exists, or tells nothing. The expiry
    // decides then.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

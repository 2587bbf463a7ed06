import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../reasons.ts'
import { OutboxFullError } from '../store/outbox.ts'
import type { RatingStore } from '../store/port.ts'

/** Returns the store for calls, whose writes reject with `UNAVAILABLE` when the outbox is full. */
export function refusingWhenFull(store: RatingStore): RatingStore {
  return {
    ...store,
    put: (ratings) => store.put(ratings).catch(rethrow),
    edit: (change, isMet) => store.edit(change, isMet).catch(rethrow),
    delete: (record, userId) => store.delete(record, userId).catch(rethrow),
    deleteRatings: (record, limit) => store.deleteRatings(record, limit).catch(rethrow),
    deleteRatingsOfUser: (userId, limit) => store.deleteRatingsOfUser(userId, limit).catch(rethrow),
  }
}

function rethrow(error: unknown): never {
  throw error instanceof OutboxFullError ? outboxFull(error) : error
}

/** Creates the error of a write for which the outbox has no room. */
export function outboxFull(cause: OutboxFullError): ConnectError {
  const error = new ConnectError(cause.message, Code.Unavailable, undefined, undefined, cause)
  return withReason(error, 'OUTBOX_FULL')
}

import { expect } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Code, ConnectError } from '@connectrpc/connect'
import type { ExpectedRatings } from './expected-ratings.ts'
import { type RatingEvent, randomRecordId } from './rating-events.ts'
import { type RatingClient, readRating } from './rating-process.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'

export interface Written {
  /** Possible ratings by user and record. More than one when a call was interrupted. */
  readonly possible: ReadonlyMap<string, ReadonlySet<number | undefined>>
  readonly acknowledgedCount: number
  /** Codes of the failed calls. */
  readonly codes: ReadonlySet<Code>
}

/** Starts callers with separate users, which put and delete ratings until the signal is aborted. */
export function startCallers(
  client: RatingClient,
  { count, seed, signal }: { count: number; seed: number; signal: AbortSignal },
): Promise<Written[]> {
  const callers = Array.from({ length: count }, (_, n) =>
    callRepeatedly(client, `caller-${n}`, createSeededRandom(seed + n + 1), signal),
  )
  return Promise.all(callers)
}

/** Makes one call after the other. */
async function callRepeatedly(
  client: RatingClient,
  userId: string,
  random: SeededRandom,
  signal: AbortSignal,
): Promise<Written> {
  const possible = new Map<string, Set<number | undefined>>()
  const codes = new Set<Code>()
  let acknowledgedCount = 0
  while (!signal.aborted) {
    const key = { recordId: randomRecordId(random), userId: `${userId}-${random.integer(0, 9)}` }
    const value = random.integer(0, 5) || undefined
    const before = possible.get(keyOf(key)) ?? new Set([undefined])
    const failure = await write(client, { ...key, value })
    possible.set(keyOf(key), failure === undefined ? new Set([value]) : before.add(value))
    if (failure === undefined) acknowledgedCount++
    else codes.add(failure)
    await delay(random.integer(0, 10))
  }
  return { possible, acknowledgedCount, codes }
}

function keyOf({ recordId, userId }: { recordId: string; userId: string }): string {
  return `${recordId} ${userId}`
}

/** Returns the code of a failure. Throws for an invalid request, which is a bug of the test. */
async function write(
  client: RatingClient,
  { value, ...key }: RatingEvent,
): Promise<Code | undefined> {
  const request = { ...key, recordType: 'movie' }
  try {
    if (value === undefined) await client.deleteRating(request)
    else await client.putRating({ ...request, value })
    return undefined
  } catch (error) {
    const { code } = ConnectError.from(error)
    if (code === Code.InvalidArgument) throw error
    return code
  }
}

/**
 * Checks that each write is saved as acknowledged, and adds the saved ratings to the expected ones.
 */
export async function expectWritten(
  client: RatingClient,
  written: readonly Written[],
  expected: ExpectedRatings,
): Promise<void> {
  for (const [key, values] of written.flatMap(({ possible }) => [...possible])) {
    const [recordId = '', userId = ''] = key.split(' ')
    const value = await readRating(client, recordId, userId)
    expect({ key, values: [...values] }).toEqual({
      key,
      values: expect.arrayContaining([value]),
    })
    expected.set(recordId, userId, value)
  }
}

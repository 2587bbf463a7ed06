import { expect, test } from 'bun:test'
import type { Caller, Lookup } from './movie.ts'
import { keptMs, sharedMax, shareLookups } from './shared-lookups.ts'

test('those who caller for the same at a time share one call, and those who come soon after as well', async () => {
  const { get, calls, forgotten } = setUp()
  const lookups = Array.from({ length: 1_000 }, () => get('alien', caller()))
  calls[0]?.resolve({ kind: 'found', value: 1 })
  expect(new Set(await Promise.all(lookups)).size).toBe(1)
  expect(await get('alien', caller())).toEqual({ kind: 'found', value: 1 })
  expect(calls).toHaveLength(1)
  expect(forgotten.map(({ delayMs }) => delayMs)).toEqual([keptMs])
  forgotten[0]?.act()
  void get('alien', caller())
  expect(calls).toHaveLength(2)
})

test.each<Lookup<number>>([{ kind: 'absent' }, { kind: 'unavailable', reason: 'down' }])(
  'a result other than found is not shared afterwards: %j',
  async (lookup) => {
    const { get, calls } = setUp()
    const first = get('alien', caller())
    calls[0]?.resolve(lookup)
    expect(await first).toEqual(lookup)
    void get('alien', caller())
    expect(calls).toHaveLength(2)
  },
)

test('a caller that leaves does not end the lookup of the others', async () => {
  const { get, calls } = setUp()
  const leaving = new AbortController()
  void get('alien', caller(leaving.signal))
  const other = get('alien', caller())
  leaving.abort()
  expect(calls[0]?.signal.aborted).toBe(false)
  calls[0]?.resolve({ kind: 'found', value: 1 })
  expect(await other).toEqual({ kind: 'found', value: 1 })
})

test('a bounded number of lookups is shared', () => {
  const { get, calls } = setUp()
  for (let index = 0; index <= sharedMax; index++) void get(`${index}`, caller())
  void get(`${sharedMax}`, caller())
  expect(calls).toHaveLength(sharedMax + 2)
})

function caller(signal = new AbortController().signal): Caller {
  return { signal, deadlineMs: undefined, requestId: '1' }
}

function setUp() {
  const calls: { signal: AbortSignal; resolve: (lookup: Lookup<number>) => void }[] = []
  const forgotten: { act: () => void; delayMs: number }[] = []
  const get = shareLookups<number>(
    (_id, { signal }) => {
      const { promise, resolve } = Promise.withResolvers<Lookup<number>>()
      calls.push({ signal, resolve })
      return promise
    },
    (act, delayMs) => void forgotten.push({ act, delayMs }),
  )
  return { get, calls, forgotten }
}

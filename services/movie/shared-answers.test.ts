import { expect, test } from 'bun:test'
import type { Answer, Ask } from './movie.ts'
import { keptMs, shareAnswers, sharedMax } from './shared-answers.ts'

test('those who ask for the same at a time share one call, and those who come soon after as well', async () => {
  const { get, calls, forgotten } = setUp()
  const answers = Array.from({ length: 1_000 }, () => get('alien', ask()))
  calls[0]?.resolve({ kind: 'found', value: 1 })
  expect(new Set(await Promise.all(answers)).size).toBe(1)
  expect(await get('alien', ask())).toEqual({ kind: 'found', value: 1 })
  expect(calls).toHaveLength(1)
  expect(forgotten.map(({ delayMs }) => delayMs)).toEqual([keptMs])
  forgotten[0]?.act()
  void get('alien', ask())
  expect(calls).toHaveLength(2)
})

test.each<Answer<number>>([{ kind: 'absent' }, { kind: 'unavailable', reason: 'down' }])(
  'what was not found is asked for again: %j',
  async (answer) => {
    const { get, calls } = setUp()
    const first = get('alien', ask())
    calls[0]?.resolve(answer)
    expect(await first).toEqual(answer)
    void get('alien', ask())
    expect(calls).toHaveLength(2)
  },
)

test('one who leaves does not end the call of the others', async () => {
  const { get, calls } = setUp()
  const leaving = new AbortController()
  void get('alien', ask(leaving.signal))
  const other = get('alien', ask())
  leaving.abort()
  expect(calls[0]?.signal.aborted).toBe(false)
  calls[0]?.resolve({ kind: 'found', value: 1 })
  expect(await other).toEqual({ kind: 'found', value: 1 })
})

test('no more answers are shared than a bound', () => {
  const { get, calls } = setUp()
  for (let index = 0; index <= sharedMax; index++) void get(`${index}`, ask())
  void get(`${sharedMax}`, ask())
  expect(calls).toHaveLength(sharedMax + 2)
})

function ask(signal = new AbortController().signal): Ask {
  return { signal, deadlineMs: undefined, requestId: '1' }
}

function setUp() {
  const calls: { signal: AbortSignal; resolve: (answer: Answer<number>) => void }[] = []
  const forgotten: { act: () => void; delayMs: number }[] = []
  const get = shareAnswers<number>(
    (_id, { signal }) => {
      const { promise, resolve } = Promise.withResolvers<Answer<number>>()
      calls.push({ signal, resolve })
      return promise
    },
    (act, delayMs) => void forgotten.push({ act, delayMs }),
  )
  return { get, calls, forgotten }
}

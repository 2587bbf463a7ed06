import { expect } from 'bun:test'

/** A conditional write that took place: the revision it replaced, and its own. */
export interface WonWrite {
  /** `undefined` when the write created. */
  readonly before: number | undefined
  /** `undefined` when the write deleted. */
  readonly after: number | undefined
}

/**
 * Expects that the writes of one resource, which did not exist at first, follow each other: no two
 * have replaced the same revision, and each has replaced one that another made.
 * @param last Revision of the resource after all of them.
 */
export function expectLinearChain(won: readonly WonWrite[], last: number | undefined): void {
  const replaced = won.flatMap(({ before }) => before ?? [])
  const made = won.flatMap(({ after }) => after ?? [])
  expect(new Set(replaced).size).toBe(replaced.length)
  expect(new Set(made).size).toBe(made.length)
  expect([...replaced, ...(last === undefined ? [] : [last])].toSorted()).toEqual(made.toSorted())
  const createdCount = won.length - replaced.length
  const deletedCount = won.length - made.length
  expect(createdCount - deletedCount).toBe(last === undefined ? 0 : 1)
  for (const { before = 0, after = Number.POSITIVE_INFINITY } of won) {
    expect(after).toBeGreaterThan(before)
  }
}

/** Aggregate of a record as the rating service returns it. */
export interface ExpectedAggregate {
  readonly recordId: string
  readonly count: bigint
  readonly mean: number
  readonly histogram: readonly bigint[]
}

/** Expected ratings, calculated in the simplest way. */
export interface ExpectedRatings {
  /** Sets the user's rating of the record. `undefined` removes it. */
  set(recordId: string, userId: string, value: number | undefined): void
  /** Returns the aggregates of all rated records, by id. */
  aggregates(): ExpectedAggregate[]
}

export function createExpectedRatings(): ExpectedRatings {
  const records = new Map<string, Map<string, number>>()
  return {
    set(recordId, userId, value) {
      const users = records.get(recordId) ?? new Map<string, number>()
      records.set(recordId, users)
      if (value === undefined) users.delete(userId)
      else users.set(userId, value)
    },
    aggregates: () =>
      [...records]
        .filter(([, users]) => users.size > 0)
        .map(([recordId, users]) => aggregateOf(recordId, [...users.values()]))
        .toSorted((a, b) => (a.recordId < b.recordId ? -1 : 1)),
  }
}

function aggregateOf(recordId: string, values: readonly number[]): ExpectedAggregate {
  const sum = values.reduce((total, value) => total + value, 0)
  const histogram = Array.from({ length: 10 }, (_, step) =>
    BigInt(values.filter((value) => value === (step + 1) / 2).length),
  )
  return { recordId, count: BigInt(values.length), mean: sum / values.length, histogram }
}

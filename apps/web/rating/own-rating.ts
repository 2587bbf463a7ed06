/** 1 to 5. */
export type Value = 1 | 2 | 3 | 4 | 5

export const values: readonly Value[] = [1, 2, 3, 4, 5]

/** A person's rating of one movie, between what they want and what the service has. Undefined is none. */
export interface OwnRating {
  readonly stored: Value | undefined
  /** What is shown: set at once, and back to `stored` when the service refuses. */
  readonly wanted: Value | undefined
  /** What the service has been asked to store, until it answers. */
  readonly asked?: { readonly value: Value | undefined }
  /** Why the last wish was not stored. */
  readonly refusal?: string
}

export type OwnRatingEvent =
  /** The person rated, or took the rating back. */
  | { readonly kind: 'wish'; readonly value: Value | undefined }
  | { readonly kind: 'asked' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** The person has had the time to read why. */
  | { readonly kind: 'dismissed' }
  /** What the service, or another page of this browser, has. */
  | { readonly kind: 'read'; readonly value: Value | undefined }

export function notRated(stored?: Value): OwnRating {
  return { stored, wanted: stored }
}

/** What to ask of the service now, or undefined: one call at a time, and the last wish counts. */
export function wish(state: OwnRating): { readonly value: Value | undefined } | undefined {
  return state.asked || state.wanted === state.stored ? undefined : { value: state.wanted }
}

export function reduceOwnRating(state: OwnRating, event: OwnRatingEvent): OwnRating {
  const { stored, wanted, asked } = state
  switch (event.kind) {
    case 'wish':
      return { stored, wanted: event.value, ...(asked ? { asked } : {}) }
    case 'asked':
      return { stored, wanted, asked: { value: wanted } }
    case 'stored':
      return asked ? { stored: asked.value, wanted } : state
    case 'refused':
      // Another wish since then is tried on its own.
      if (asked && wanted !== asked.value) return { stored, wanted }
      return { stored, wanted: stored, refusal: event.reason }
    case 'dismissed':
      return { stored, wanted, ...(asked ? { asked } : {}) }
    case 'read':
      return asked || wanted !== stored ? state : notRated(event.value)
  }
}

export function isValue(value: unknown): value is Value {
  return values.some((one) => one === value)
}

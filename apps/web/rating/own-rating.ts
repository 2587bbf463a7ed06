/** A value of the scale, such as 4.5. Another version of the page may have saved one off the scale. */
export type Value = number

/** The person's own rating of a movie: what was chosen and what the service has saved. Undefined is none. */
export interface OwnRating {
  readonly saved: Value | undefined
  /** The value that is shown: set at once, and reset to `saved` when the service rejects it. */
  readonly wanted: Value | undefined
  /** The value of the save request that is in flight. */
  readonly pending?: { readonly value: Value | undefined }
  /** The reason why the last choice was not saved. */
  readonly error?: string
}

export type OwnRatingEvent =
  /** The person chose a rating, or removed it. */
  | { readonly kind: 'choose'; readonly value: Value | undefined }
  | { readonly kind: 'sent' }
  | { readonly kind: 'saved' }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The error has been shown long enough. */
  | { readonly kind: 'dismissed' }
  /** The rating that the service, or another page of this browser, has. */
  | { readonly kind: 'loaded'; readonly value: Value | undefined }

export function notRated(saved?: Value): OwnRating {
  return { saved, wanted: saved }
}

/** The value to save now, or undefined: one request at a time, and the last choice wins. */
export function nextToSave(state: OwnRating): { readonly value: Value | undefined } | undefined {
  return state.pending || state.wanted === state.saved ? undefined : { value: state.wanted }
}

export function reduceOwnRating(state: OwnRating, event: OwnRatingEvent): OwnRating {
  const { saved, wanted, pending } = state
  switch (event.kind) {
    case 'choose':
      return { saved, wanted: event.value, ...(pending ? { pending } : {}) }
    case 'sent':
      return { saved, wanted, pending: { value: wanted } }
    case 'saved':
      return pending ? { saved: pending.value, wanted } : state
    case 'rejected':
      // A choice made since then is saved by its own request.
      if (pending && wanted !== pending.value) return { saved, wanted }
      return { saved, wanted: saved, error: event.reason }
    case 'dismissed':
      return { saved, wanted, ...(pending ? { pending } : {}) }
    case 'loaded':
      return pending || wanted !== saved ? state : notRated(event.value)
  }
}

export function isValue(value: unknown): value is Value {
  return typeof value === 'number' && Number.isFinite(value)
}

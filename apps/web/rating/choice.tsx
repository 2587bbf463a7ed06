import { useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import { useSingleKeys } from '../single-keys.ts'
import { ratingKey } from './keys.ts'
import { type OwnRating, type Value, values } from './own-rating.ts'

/** The label of each value. */
const labels: Readonly<Record<Value, string>> = {
  1: 'Bad',
  2: 'Weak',
  3: 'Fine',
  4: 'Good',
  5: 'Great',
}

interface ChoiceProps {
  readonly movieId: string
  /** True when the movie exists; false while it loads. */
  readonly known: boolean
  readonly page: PageProps
}

/** The control of the person's own rating, by click or by key. */
export function RatingChoice({ movieId, known, page }: ChoiceProps) {
  const { ownRatings, singleKeys } = page
  const own = ownRatings.of(movieId).value
  const rate = (value: Value | undefined) => ownRatings.rate(movieId, value)
  useSingleKeys(singleKeys, (event) => {
    const key = ratingKey(event)
    if (!key || !known) return
    event.preventDefault()
    rate(key.value)
  })
  useAnnounceSaved(movieId, page)
  return (
    <fieldset class="rate" aria-labelledby="own-title">
      <h2 id="own-title" class="movie-panel-title">
        Your rating
      </h2>
      <div class="rate-values">
        {values.map((value) => (
          <label key={value} class="rate-value">
            <input
              type="radio"
              name="rating"
              aria-label={`${value} of 5: ${labels[value]}`}
              checked={own.wanted === value}
              onChange={() => rate(value)}
            />
            <span class="rate-number" aria-hidden="true">
              {value}
            </span>
            <span class="rate-word" aria-hidden="true">
              {labels[value]}
            </span>
          </label>
        ))}
      </div>
      <div class="rate-foot">
        <p class="rate-state">
          <ChoiceState own={own} singleKeys={singleKeys.value} />
        </p>
        <button
          type="button"
          class="button button-quiet"
          disabled={own.wanted === undefined}
          onClick={() => rate(undefined)}
        >
          Remove rating
        </button>
      </div>
    </fieldset>
  )
}

function ChoiceState({ own, singleKeys }: { own: OwnRating; singleKeys: boolean }) {
  if (own.error) {
    return (
      <span class="rate-error" role="alert">
        Couldn't save. Your rating is unchanged. {own.error}
      </span>
    )
  }
  if (own.pending) return <>Saving…</>
  if (own.saved) return <>Saved</>
  if (!singleKeys) return <>Pick a score</>
  return (
    <>
      Pick a score
      <span class="rate-keys">
        , or press <kbd>1</kbd> to <kbd>5</kbd>
      </span>
    </>
  )
}

function useAnnounceSaved(movieId: string, { ownRatings, announce }: PageProps) {
  const before = useRef(ownRatings.of(movieId).peek().saved)
  const wasPending = useRef(false)
  useSignalEffect(() => {
    const { saved, pending } = ownRatings.of(movieId).value
    if (wasPending.current && !pending && saved !== before.current) {
      announce(saved ? `Rating saved: ${saved} of 5` : 'Rating removed')
    }
    if (!pending) before.current = saved
    wasPending.current = pending !== undefined
  })
}

import { useSignalEffect } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import { ratingKey } from './keys.ts'
import { type OwnRating, type Value, values } from './own-rating.ts'

/** What each value says. */
const words: Readonly<Record<Value, string>> = {
  1: 'Bad',
  2: 'Weak',
  3: 'Fine',
  4: 'Good',
  5: 'Great',
}

interface ChoiceProps {
  readonly movieId: string
  /** Whether there is such a movie: it is not known yet while it loads. */
  readonly known: boolean
  readonly page: PageProps
}

/** One's own rating: one click or one key, changed and taken back as easily. */
export function RatingChoice({ movieId, known, page }: ChoiceProps) {
  const { ownRatings, singleKeys } = page
  const own = ownRatings.of(movieId).value
  const rate = (value: Value | undefined) => ownRatings.rate(movieId, value)
  useRatingKeys(() => known && singleKeys.peek(), rate)
  useSayStored(movieId, page)
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
              aria-label={`${value} of 5: ${words[value]}`}
              checked={own.wanted === value}
              onChange={() => rate(value)}
            />
            <span class="rate-number" aria-hidden="true">
              {value}
            </span>
            <span class="rate-word" aria-hidden="true">
              {words[value]}
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
  if (own.refusal) {
    return (
      <span class="rate-refusal" role="alert">
        Couldn't save. Your rating is unchanged. {own.refusal}
      </span>
    )
  }
  if (own.asked) return <>Saving…</>
  if (own.stored) return <>Saved</>
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

/** Keys of the whole page, except where something is typed or chosen. */
function useRatingKeys(enabled: () => boolean, rate: (value: Value | undefined) => void) {
  const newest = useRef({ enabled, rate })
  newest.current = { enabled, rate }
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = ratingKey(event)
      if (!key || !newest.current.enabled()) return
      const target = event.target as Element
      if (target.closest?.('input:not([type=radio]), textarea, select, dialog')) return
      event.preventDefault()
      newest.current.rate(key.value)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

function useSayStored(movieId: string, { ownRatings, announce }: PageProps) {
  const before = useRef(ownRatings.of(movieId).peek().stored)
  const wasAsked = useRef(false)
  useSignalEffect(() => {
    const { stored, asked } = ownRatings.of(movieId).value
    if (wasAsked.current && !asked && stored !== before.current) {
      announce(stored ? `Rating saved: ${stored} of 5` : 'Rating removed')
    }
    if (!asked) before.current = stored
    wasAsked.current = asked !== undefined
  })
}

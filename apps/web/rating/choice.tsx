import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import { useSingleKeys } from '../shortcuts.ts'
import { valueText } from './aggregate.ts'
import { ratingKey } from './keys.ts'
import type { OwnRating, Value } from './own-rating.ts'
import { type Scale, type Star, starsOf } from './scale.ts'
import { ValueRadio } from './value-radio.tsx'
import { ValueSelect } from './value-select.tsx'

/** Meaning of the whole values on a scale of five stars. */
const words: ReadonlyMap<Value, string> = new Map([
  [1, 'Bad'],
  [2, 'Weak'],
  [3, 'Fine'],
  [4, 'Good'],
  [5, 'Great'],
])

interface ChoiceProps {
  readonly movieId: string
  /** True when the movie exists; false while it loads. */
  readonly known: boolean
  readonly page: PageProps
}

/** The control of the person's own rating, by click or by key. */
export function RatingChoice({ movieId, known, page }: ChoiceProps) {
  const { ownRatings, ratingCache, singleKeys } = page
  const scale = ratingCache.scale.value
  const stars = starsOf(scale)
  const own = ownRatings.of(movieId).value
  const rate = (value: Value | undefined) => ownRatings.rate(movieId, value)
  useSingleKeys(singleKeys, (event) => {
    const key = ratingKey(event, scale)
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
      {stars ? (
        <Stars stars={stars} scale={scale} own={own.wanted} rate={rate} />
      ) : (
        <ValueSelect label="Your rating" scale={scale} own={own.wanted} rate={rate} />
      )}
      <div class="rate-foot">
        <p class="rate-state">
          <ChoiceState own={own} singleKeys={singleKeys.value && stars !== undefined} />
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

interface StarsProps {
  readonly stars: readonly Star[]
  readonly scale: Scale
  readonly own: Value | undefined
  readonly rate: (value: Value | undefined) => void
}

/** Stars whose halves are radio buttons, and the pointed or chosen value in words. */
function Stars({ stars, scale, own, rate }: StarsProps) {
  const pointed = useSignal<Value | undefined>(undefined)
  const shown = pointed.value ?? own
  const point = (value: Value | undefined) => (event: PointerEvent) => {
    // A finger points only while it taps.
    if (event.pointerType === 'mouse') pointed.value = value
  }
  return (
    <>
      <div class="stars" onPointerLeave={point(undefined)}>
        {stars.map(({ whole, choices }) => (
          <span key={whole} class="star">
            <StarShape filled={shown === undefined ? 0 : shown - (whole - 1)} />
            {choices.map((choice) => (
              <ValueRadio
                key={choice.value}
                name="rating"
                choice={choice}
                scale={scale}
                word={wordOf(choice.value, scale)}
                own={own}
                rate={rate}
                onPointerEnter={point(choice.value)}
              />
            ))}
          </span>
        ))}
      </div>
      <p class="stars-words" aria-hidden="true">
        {shown === undefined ? '' : [valueText(shown, scale), wordOf(shown, scale)].join(' ')}
      </p>
    </>
  )
}

function wordOf(value: Value, { max }: Scale): string | undefined {
  return max === 5 ? words.get(value) : undefined
}

/** A star with five points, in a box of 24 by 24. */
const shape =
  'M12.0 2.6L14.6 9.2L21.7 9.6L16.3 14.2L18.0 21.1L12.0 17.3L6.0 21.1L7.7 14.2L2.3 9.6L9.4 9.2z'

/** @param filled Part of the star that is filled: 0 or less for none, 1 or more for all. */
function StarShape({ filled }: { filled: number }) {
  return (
    <svg class="star-shape" viewBox="0 0 24 24" aria-hidden="true">
      <path class="star-line" d={shape} />
      <path class="star-fill" d={shape} style={{ '--filled': Math.min(1, Math.max(0, filled)) }} />
    </svg>
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
  if (own.saved !== undefined) return <>Saved</>
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

function useAnnounceSaved(movieId: string, { ownRatings, ratingCache, announce }: PageProps) {
  const before = useRef(ownRatings.of(movieId).peek().saved)
  const wasPending = useRef(false)
  useSignalEffect(() => {
    const { saved, pending } = ownRatings.of(movieId).value
    if (wasPending.current && !pending && saved !== before.current) {
      announce(
        saved === undefined
          ? 'Rating removed'
          : `Rating saved: ${valueText(saved, ratingCache.scale.peek())}`,
      )
    }
    if (!pending) before.current = saved
    wasPending.current = pending !== undefined
  })
}

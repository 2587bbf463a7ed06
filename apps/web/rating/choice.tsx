import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { useSingleKeys } from '../shortcuts.ts'
import { ratingKey } from './keys.ts'
import type { OwnRating, Value } from './own-rating.ts'
import { rateMovie } from './rate-movie.ts'
import { starsOf } from './scale.ts'
import { StarChoice } from './star-choice.tsx'
import { ValueSelect } from './value-select.tsx'

interface ChoiceProps {
  readonly movieId: string
  /** Undefined while it loads. */
  readonly movie: Movie | undefined
  readonly page: PageProps
}

/** The control of the person's own rating, by click or by key. */
export function RatingChoice({ movieId, movie, page }: ChoiceProps) {
  const { ownRatings, ratingCache, singleKeys } = page
  const scale = ratingCache.scale.value
  const stars = starsOf(scale)
  const own = ownRatings.of(movieId).value
  const rate = (value: Value | undefined) => {
    if (movie) rateMovie(page, movie, value)
  }
  useSingleKeys(singleKeys, (event) => {
    const key = ratingKey(event, scale)
    if (!key || !movie) return
    event.preventDefault()
    rate(key.value)
  })
  return (
    <fieldset class="rate" aria-labelledby="own-title">
      <h2 id="own-title" class="score-title">
        Your rating
      </h2>
      {stars ? (
        <StarChoice
          name="rating"
          {...{ stars, scale, own: own.wanted, hasWords: true }}
          rate={rate}
        />
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

import { useComputed } from '@preact/signals'
import { downloadJson } from '../download.ts'
import type { PageProps } from '../page-props.ts'
import { countText, meanText } from '../rating/aggregate.ts'
import { Histogram } from '../rating/histogram.tsx'
import { valuesOf } from '../rating/scale.ts'
import { exportText, type OwnEntry } from './own-list.ts'

interface SummaryProps {
  readonly entries: readonly OwnEntry[]
  readonly page: PageProps
}

/** Number, mean and histogram of the person's own ratings, as they are now. */
export function Summary({ entries, page }: SummaryProps) {
  const { ownRatings, ratingCache } = page
  const values = useComputed(() =>
    entries
      .map(({ movie }) => ownRatings.of(movie.id).value.wanted)
      .filter((value) => value !== undefined),
  )
  const scale = ratingCache.scale.value
  const count = values.value.length
  const mean = count === 0 ? 0 : values.value.reduce((sum, value) => sum + value, 0) / count
  const histogram = valuesOf(scale).map(
    (one) => values.value.filter((value) => value === one).length,
  )
  const owner = ownRatings.owner()
  return (
    <div class="me-summary">
      <p class="me-count">
        {countText(count)}
        {count > 0 ? ` · average ${meanText(mean)}` : ''}
      </p>
      {count > 0 ? (
        <Histogram
          rating={{ status: 'rated', aggregate: { count, mean, score: mean, histogram, scale } }}
          own={undefined}
        />
      ) : null}
      <button
        type="button"
        class="button"
        onClick={() => downloadJson(exportText(current(entries, page)), 'marquee-ratings.json')}
      >
        Export JSON
      </button>
      <p class="me-owner">
        {owner.kind === 'person' ? `Ratings of ${owner.name}` : 'Saved in this browser only'}
      </p>
    </div>
  )
}

/** The entries with the values that they have now. */
function current(entries: readonly OwnEntry[], { ownRatings }: PageProps): OwnEntry[] {
  return entries.flatMap((entry) => {
    const value = ownRatings.of(entry.movie.id).peek().wanted
    return value === undefined ? [] : [{ ...entry, value }]
  })
}

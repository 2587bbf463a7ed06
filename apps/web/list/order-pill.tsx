import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { PageProps } from '../page-props.ts'

interface OrderPillProps {
  /** Movies near the viewport, in the order of the list. */
  readonly movieIds: ReadonlySignal<readonly string[]>
  readonly ratingCache: PageProps['ratingCache']
  readonly update: () => void
}

/** Offers to load the top list again when its ratings have changed so much that its order has. */
export function OrderPill({ movieIds, ratingCache, update }: OrderPillProps) {
  const hasChanged = useComputed(() => {
    const scores = movieIds.value.map((id) => {
      const rating = ratingCache.of(id).value
      return rating.status === 'rated' ? rating.aggregate.score : undefined
    })
    const known = scores.filter((score) => score !== undefined)
    return known.some((score, index) => index > 0 && score > (known[index - 1] ?? score))
  })
  return (
    <div class="order-pill" role="status">
      {hasChanged.value ? (
        <button type="button" class="button" onClick={update}>
          Order changed · Update
        </button>
      ) : null}
    </div>
  )
}

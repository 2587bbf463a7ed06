import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { ConnectionState } from '../live/connection.ts'
import { NoticeBar } from '../notice-bar.tsx'
import type { RatingCache } from '../rating/rating-cache.ts'
import type { Feed } from './feed.ts'
import type { ListState } from './movie-list.ts'

interface NoticeProps {
  readonly feed: Feed
  readonly status: ListState['status']
  readonly connection: ConnectionState | undefined
  /** The movies near the viewport. */
  readonly movieIds: ReadonlySignal<readonly string[]>
  readonly ratingCache: RatingCache
  readonly reload: () => void
}

/** Reports missing ratings. Of a missing network, the frame does. It disappears when they are back. */
export function Notice(props: NoticeProps) {
  const { feed, status, connection, movieIds, ratingCache, reload } = props
  const { fallback, movies } = feed
  const statuses = useComputed(
    () => new Set(movieIds.value.map((id) => ratingCache.of(id).value.status)),
  )
  if (connection === 'offline') return null
  if (fallback === 'unavailable') {
    return (
      <NoticeBar kind="warn" title="Ratings are offline.">
        Retrying… Until then, movies are sorted by IMDb.
      </NoticeBar>
    )
  }
  if (movies.length > 0 && (connection === 'waiting' || statuses.value.has('unavailable'))) {
    return (
      <NoticeBar kind="warn" floating title="Ratings are offline.">
        Showing the last known ratings. Reconnecting…
      </NoticeBar>
    )
  }
  if (status !== 'ready' || fallback !== 'no-ratings' || movies.length === 0) return null
  if (statuses.value.has('rated')) {
    return (
      <NoticeBar kind="good" title="The first ratings are in.">
        <TopListButton reload={reload} />
      </NoticeBar>
    )
  }
  return (
    <NoticeBar kind="plain" title="No ratings yet.">
      Pick a score under any poster<span class="rate-keys">, or press 1–5</span>.
    </NoticeBar>
  )
}

function TopListButton({ reload }: { reload: () => void }) {
  return (
    <button type="button" class="button" onClick={reload}>
      Show top rated
    </button>
  )
}

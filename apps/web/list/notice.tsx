import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Bar } from '../bar.tsx'
import type { ConnectionState } from '../live/connection.ts'
import type { Feed } from './feed.ts'
import type { ListState } from './movie-list.ts'

interface NoticeProps {
  readonly feed: Feed
  readonly status: ListState['status']
  readonly connection: ConnectionState | undefined
  /** Whether one of the movies in view is rated. Read only where it matters. */
  readonly someRated: ReadonlySignal<boolean>
  readonly reload: () => void
}

/** Says what is missing: ratings, or a network. It goes away by itself. */
export function Notice({ feed, status, connection, someRated, reload }: NoticeProps) {
  const { withoutTop, topCount, start, movies } = feed
  const ratingsAreBack = withoutTop && connection === 'live'
  const tried = useRef(false)
  useEffect(() => {
    if (!ratingsAreBack || tried.current || scrollY > innerHeight) return
    tried.current = true
    reload()
  }, [ratingsAreBack])
  if (connection === 'offline') {
    return (
      <Bar kind="bad" floating title="You are offline.">
        Showing the last known ratings. Updates resume when you are back online.
      </Bar>
    )
  }
  if (ratingsAreBack) {
    return (
      <Bar kind="good" title="Ratings are back.">
        <TopListButton reload={reload} />
      </Bar>
    )
  }
  if (withoutTop) {
    return (
      <Bar kind="warn" title="Ratings are offline.">
        Retrying… Until then, movies are sorted by title.
      </Bar>
    )
  }
  if (connection === 'waiting' && movies.length > 0) {
    return (
      <Bar kind="warn" floating title="Ratings are offline.">
        Showing the last known ratings. Reconnecting…
      </Bar>
    )
  }
  if (status === 'ready' && start === 'top' && topCount === 0 && movies.length > 0) {
    if (someRated.value) {
      return (
        <Bar kind="good" title="The first ratings are in.">
          <TopListButton reload={reload} />
        </Bar>
      )
    }
    return (
      <Bar kind="plain" title="No ratings yet.">
        Pick a score under any poster, or press 1–5.
      </Bar>
    )
  }
  return null
}

function TopListButton({ reload }: { reload: () => void }) {
  return (
    <button type="button" class="button" onClick={reload}>
      Show top rated
    </button>
  )
}

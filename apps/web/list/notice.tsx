import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ConnectionState } from '../live/connection.ts'
import { NoticeBar } from '../notice-bar.tsx'
import type { Feed } from './feed.ts'
import type { ListState } from './movie-list.ts'

interface NoticeProps {
  readonly feed: Feed
  readonly status: ListState['status']
  readonly connection: ConnectionState | undefined
  /** True when any movie near the viewport is rated. */
  readonly someRated: ReadonlySignal<boolean>
  readonly reload: () => void
}

/** Reports missing ratings or a missing network. It disappears when they are back. */
export function Notice({ feed, status, connection, someRated, reload }: NoticeProps) {
  const { withoutTop, topCount, start, movies } = feed
  const ratingsAreBack = withoutTop && connection === 'live'
  const reloaded = useRef(false)
  useEffect(() => {
    if (!ratingsAreBack || reloaded.current || scrollY > innerHeight) return
    reloaded.current = true
    reload()
  }, [ratingsAreBack])
  if (connection === 'offline') {
    return (
      <NoticeBar kind="bad" floating title="You are offline.">
        Showing the last known ratings. Updates resume when you are back online.
      </NoticeBar>
    )
  }
  if (ratingsAreBack) {
    return (
      <NoticeBar kind="good" title="Ratings are back.">
        <TopListButton reload={reload} />
      </NoticeBar>
    )
  }
  if (withoutTop) {
    return (
      <NoticeBar kind="warn" title="Ratings are offline.">
        Retrying… Until then, movies are sorted by title.
      </NoticeBar>
    )
  }
  if (connection === 'waiting' && movies.length > 0) {
    return (
      <NoticeBar kind="warn" floating title="Ratings are offline.">
        Showing the last known ratings. Reconnecting…
      </NoticeBar>
    )
  }
  if (status === 'ready' && start === 'top' && topCount === 0 && movies.length > 0) {
    if (someRated.value) {
      return (
        <NoticeBar kind="good" title="The first ratings are in.">
          <TopListButton reload={reload} />
        </NoticeBar>
      )
    }
    return (
      <NoticeBar kind="plain" title="No ratings yet.">
        Pick a score under any poster, or press 1–5.
      </NoticeBar>
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

import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { Failure } from '../failure.tsx'
import { moveFocusByArrow } from '../list/arrow-keys.ts'
import { Blocks } from '../list/blocks.tsx'
import { useColumns } from '../list/columns.ts'
import type { NearMovies } from '../list/near-block.ts'
import { Skeleton } from '../list/skeleton.tsx'
import { watchRatings } from '../list/watch-ratings.ts'
import type { PageProps } from '../page-props.ts'
import { loadErrorText } from '../rpc-error.ts'
import { EmptyOwnList } from './empty.tsx'
import { loadOwnList, type OwnList, sortEntries } from './own-list.ts'
import { type OwnSort, ownPath, ownSortNames } from './own-sort.ts'
import { Summary } from './summary.tsx'

/** The person's own ratings. */
export function MePage(page: PageProps) {
  const { clients, ratingCache, connection, router } = page
  const near = useSignal<ReadonlyMap<string, readonly Movie[]>>(new Map())
  const movieIds = useComputed(() => [...near.value.values()].flat().map(({ id }) => id))
  const own = useSignal<OwnList | undefined>(undefined)
  const load = async () => {
    own.value = undefined
    own.value = await loadOwnList(page)
  }
  useEffect(() => void load(), [])
  const heading = useRef<HTMLHeadingElement>(null)
  useSignalEffect(() => {
    if (page.ownRatings.count.value === 0 || !isEmpty(own.peek())) return
    // The movie that had the focus is in another list afterwards.
    void load().then(() => heading.current?.focus())
  })
  useEffect(() => watchRatings({ clients, ratingCache, connection, movieIds }), [])
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    element.current?.addEventListener('keydown', moveFocusByArrow)
  }, [])
  const columns = useColumns()
  const route = router.route.value
  const sort = route.page === 'me' ? route.sort : 'time'
  return (
    <>
      <div class="toolbar">
        <h1 ref={heading} tabIndex={-1} class="toolbar-title">
          My ratings
        </h1>
        {isEmpty(own.value) ? null : <Sorts current={sort} />}
      </div>
      <div class="list" ref={element} aria-busy={own.value === undefined}>
        <Content {...{ own: own.value, sort, columns, near, page }} load={() => void load()} />
      </div>
    </>
  )
}

function isEmpty(own: OwnList | undefined): boolean {
  return own !== undefined && 'entries' in own && own.entries.length === 0
}

interface ContentProps {
  readonly own: OwnList | undefined
  readonly sort: OwnSort
  readonly columns: number
  readonly near: NearMovies
  readonly page: PageProps
  readonly load: () => void
}

function Content({ own, sort, columns, near, page, load }: ContentProps) {
  if (own === undefined) return <Skeleton columns={columns} />
  if ('failed' in own) {
    const text = loadErrorText(own.failed, 'movie')
    return <Failure title="Couldn't load your ratings" text={text} retry={load} />
  }
  const { entries, isCut, error } = own
  const text = error && loadErrorText(error, 'rating')
  if (entries.length === 0) {
    // There may be ratings that this browser does not know.
    if (text) return <Failure title="Couldn't load your ratings" text={text} retry={load} />
    return <EmptyOwnList {...{ columns, near, page }} />
  }
  const movies = sortEntries(entries, sort).map(({ movie }) => movie)
  return (
    <>
      {text ? (
        <Failure title="Showing the ratings saved in this browser" text={text} retry={load} />
      ) : null}
      <Summary entries={entries} page={page} />
      <Blocks {...{ movies, columns, near, page }} ranked={false} label="My ratings" />
      {isCut ? <p class="me-notice">You have more ratings than this page shows.</p> : null}
    </>
  )
}

function Sorts({ current }: { current: OwnSort }) {
  const sorts = Object.entries(ownSortNames) as [OwnSort, string][]
  return (
    <nav class="segments" aria-label="Sort">
      {sorts.map(([sort, name]) => (
        <a key={sort} href={ownPath(sort)} aria-current={sort === current ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  )
}

import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { meanText, shortCount } from '../rating/aggregate.ts'
import { RateControl } from '../rating/rate-control.tsx'
import { rateByKey } from '../rating/rate-movie.ts'
import { moviePath } from '../route.ts'
import { CardError } from './card.tsx'
import { isDescending, type ListView, listPath, type Sort } from './list-view.ts'
import { type NearMovies, useNearBlock, useSame } from './near-block.ts'
import { useNearViewport, type ViewportObserver } from './near-viewport.ts'
import type { RecentRating } from './period.ts'

interface TableProps {
  readonly movies: readonly Movie[]
  readonly ranked: boolean
  /** Ratings of a period, by movie. */
  readonly recent: ReadonlyMap<string, RecentRating>
  readonly view: ListView
  readonly page: PageProps
  readonly near: NearMovies
  readonly label: string
}

const columns: readonly (readonly [name: string, sort: Sort | undefined, kind?: string])[] = [
  ['Title', 'title'],
  ['Year', 'year'],
  ['Director', undefined, 'wide'],
  ['Genre', undefined, 'wide'],
  ['Rating', 'top'],
  ['Ratings', 'count', 'wide'],
  ['Mine', undefined],
]

/** Number of rows of a block. */
const blockSize = 48
/** Height of a row before any has been drawn, in pixels. */
const rowHeight = 41

/**
 * The list as a table, for those who look through many movies. Like the posters, it renders the rows
 * near the viewport only.
 */
export function MovieTable({ movies, view, near, label, ...shown }: TableProps) {
  const viewport = useNearViewport()
  const count = Math.ceil(movies.length / blockSize)
  return (
    <section aria-label={label}>
      <table class="movie-table" aria-rowcount={movies.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {shown.ranked ? <th scope="col">No.</th> : null}
            {columns.map(([name, sort, kind]) => (
              <th key={name} scope="col" class={kind} aria-sort={sortOf(view, sort)}>
                {sort ? <a href={sortPath(view, sort)}>{name}</a> : name}
              </th>
            ))}
          </tr>
        </thead>
        {Array.from({ length: count }, (_, index) => (
          <Rows
            key={index}
            start={index * blockSize}
            movies={movies}
            {...shown}
            near={near}
            viewport={viewport}
          />
        ))}
      </table>
    </section>
  )
}

interface RowsProps extends Omit<TableProps, 'label' | 'view'> {
  readonly start: number
  readonly viewport: ViewportObserver
}

/** A block of rows. Far from the viewport, it is one row of the same height. */
function Rows({ start, movies, ranked, recent, page, near, viewport }: RowsProps) {
  const element = useRef<HTMLTableSectionElement>(null)
  const own = useSame(movies.slice(start, start + blockSize))
  const name = `table-${start}`
  const isNear = useNearBlock(element, { name, movies: own, isFirst: start === 0, near, viewport })
  const height = useRef(own.length * rowHeight)
  useLayoutEffect(() => {
    if (isNear && element.current) height.current = element.current.offsetHeight
  })
  return (
    <tbody ref={element}>
      {isNear ? (
        own.map((movie, index) => (
          <Row
            key={movie.id}
            movie={movie}
            index={start + index}
            rank={ranked ? start + index + 1 : undefined}
            recent={recent.get(movie.id)}
            page={page}
          />
        ))
      ) : (
        <tr class="movie-rows-far">
          <td colSpan={columns.length + 1} style={{ '--height': `${height.current}px` }} />
        </tr>
      )}
    </tbody>
  )
}

interface RowProps {
  readonly movie: Movie
  /** Place in the whole list, from 0. */
  readonly index: number
  readonly rank: number | undefined
  readonly recent: RecentRating | undefined
  readonly page: PageProps
}

function Row({ movie, index, rank, recent, page }: RowProps) {
  const rating = page.ratingCache.of(movie.id).value
  const aggregate = recent ?? (rating.status === 'rated' ? rating.aggregate : undefined)
  return (
    <tr aria-rowindex={index + 2} onKeyDown={(event) => rateByKey(page, movie, event)}>
      {rank ? <td>{rank}</td> : null}
      <th scope="row">
        <a class="card-link" href={moviePath(movie.id)} aria-keyshortcuts="1 2 3 4 5 0">
          {movie.title}
        </a>
        <CardError movieId={movie.id} ownRatings={page.ownRatings} />
      </th>
      <td>{movie.year}</td>
      <td class="wide">{movie.director}</td>
      <td class="wide">{movie.genres.join(', ')}</td>
      <td>{aggregate ? `★ ${meanText(aggregate.mean)}` : '–'}</td>
      <td class="wide">{aggregate ? shortCount(aggregate.count) : ''}</td>
      <td>
        <RateControl movie={movie} page={page} />
      </td>
    </tr>
  )
}

function sortOf(view: ListView, sort: Sort | undefined) {
  if (view.sort !== sort) return undefined
  return view.descending ? 'descending' : 'ascending'
}

/** A click on the present order reverses it. */
function sortPath(view: ListView, sort: Sort): string {
  const descending = view.sort === sort ? !view.descending : isDescending(sort)
  return listPath({ ...view, sort, descending })
}

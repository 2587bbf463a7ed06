import { useLayoutEffect } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { meanText, shortCount } from '../rating/aggregate.ts'
import { RateControl } from '../rating/rate-control.tsx'
import { rateByKey } from '../rating/rate-movie.ts'
import { moviePath } from '../route.ts'
import type { NearMovies } from './blocks.tsx'
import { CardError } from './card.tsx'
import { isDescending, type ListView, listPath, type Sort } from './list-view.ts'

interface TableProps {
  readonly movies: readonly Movie[]
  readonly ranked: boolean
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

/** The list as a table, for those who look through many movies. */
export function MovieTable({ movies, ranked, view, page, near, label }: TableProps) {
  useLayoutEffect(() => {
    // The ratings of the last ones stay as they were loaded.
    near.value = new Map([['table', movies]])
    return () => {
      near.value = new Map()
    }
  }, [movies])
  return (
    <section aria-label={label}>
      <table class="movie-table">
        <thead>
          <tr>
            {ranked ? <th scope="col">No.</th> : null}
            {columns.map(([name, sort, kind]) => (
              <th key={name} scope="col" class={kind} aria-sort={sortOf(view, sort)}>
                {sort ? <a href={sortPath(view, sort)}>{name}</a> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {movies.map((movie, index) => (
            <Row key={movie.id} movie={movie} rank={ranked ? index + 1 : undefined} page={page} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface RowProps {
  readonly movie: Movie
  readonly rank: number | undefined
  readonly page: PageProps
}

function Row({ movie, rank, page }: RowProps) {
  const rating = page.ratingCache.of(movie.id).value
  const aggregate = rating.status === 'rated' ? rating.aggregate : undefined
  return (
    <tr onKeyDown={(event) => rateByKey(page, movie, event)}>
      {rank ? <td>{rank}</td> : null}
      <td>
        <a class="card-link" href={moviePath(movie.id)} aria-keyshortcuts="1 2 3 4 5 0">
          {movie.title}
        </a>
        <CardError movieId={movie.id} ownRatings={page.ownRatings} />
      </td>
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

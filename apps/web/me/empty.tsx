import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Movie, takeMovies } from '../catalogue/movie.ts'
import { Blocks } from '../list/blocks.tsx'
import type { NearMovies } from '../list/near-block.ts'
import type { PageProps } from '../page-props.ts'

const famousCount = 6

interface EmptyOwnListProps {
  readonly columns: number
  readonly near: NearMovies
  readonly page: PageProps
}

/** An invitation to rate one of a few movies that most people know. */
export function EmptyOwnList({ columns, near, page }: EmptyOwnListProps) {
  const movies = useSignal<readonly Movie[]>([])
  useEffect(() => {
    const load = async () => {
      const request = { orderBy: 'imdb_votes desc', pageSize: famousCount }
      const result = await page.clients.movie.movies.listMovies(request)
      // The invitation is enough without movies.
      if (result.ok) movies.value = takeMovies(result.value, page.ratingCache)
    }
    void load()
  }, [])
  return (
    <>
      <p class="list-empty">Rate a movie and it shows up here.</p>
      {movies.value.length > 0 ? (
        <div class="me-famous">
          <h2>Famous movies to begin with</h2>
          <Blocks
            movies={movies.value}
            {...{ columns, near, page }}
            ranked={false}
            label="Movies that many people know"
          />
        </div>
      ) : null}
    </>
  )
}

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Movie, takeMovies } from '../catalogue/movie.ts'
import { Card } from '../list/card.tsx'
import type { PageProps } from '../page-props.ts'

const movieCountMax = 12
/** Number of movies in each group. */
const groupSize = 6

interface SimilarMoviesProps {
  readonly movie: Movie
  readonly page: PageProps
}

/** Movies to see next: by the same director, and of the same genre and years. */
export function SimilarMovies({ movie, page }: SimilarMoviesProps) {
  const movies = useSignal<readonly Movie[]>([])
  useEffect(() => {
    const stop = new AbortController()
    const load = async () => {
      const request = { movieId: movie.id, pageSize: movieCountMax }
      const { signal } = stop
      const result = await page.clients.movie.movies.listSimilarMovies(request, { signal })
      // Without a response, the page is complete but for its suggestions.
      if (result.ok) movies.value = takeMovies(result.value, page.ratingCache)
    }
    void load()
    return () => stop.abort()
  }, [movie.id])
  const { director } = movie
  const byDirector = movies.value.filter((one) => director !== '' && one.director === director)
  const others = movies.value.filter((one) => !byDirector.includes(one))
  return (
    <>
      <Group title={`More by ${director}`} movies={byDirector} page={page} />
      <Group title="More like this" movies={others} page={page} />
    </>
  )
}

interface GroupProps {
  readonly title: string
  readonly movies: readonly Movie[]
  readonly page: PageProps
}

function Group({ title, movies, page }: GroupProps) {
  if (movies.length === 0) return null
  return (
    <section class="similar list" aria-label={title}>
      <h2>{title}</h2>
      <ul class="similar-movies">
        {movies.slice(0, groupSize).map((movie) => (
          <Card key={movie.id} movie={movie} rank={undefined} page={page} />
        ))}
      </ul>
    </section>
  )
}

import { type ComponentChildren, Fragment } from 'preact'
import type { Movie } from '../catalogue/movie.ts'
import { listPath } from '../list/list-view.ts'
import { durationText, releaseText } from './facts.ts'

/**
 * Running time, genres and director in one line, with links to the lists of the latter two. The
 * date of release when none of them is known.
 */
export function MetaLine({ movie }: { movie: Movie }) {
  const { runningTimeMinutes, genres, director } = movie
  const parts: ComponentChildren[] = []
  if (runningTimeMinutes) parts.push(durationText(runningTimeMinutes))
  if (genres.length > 0) parts.push(<GenreLinks genres={genres} />)
  if (director) {
    parts.push(
      <>
        directed by <a href={listPath({ director, sort: 'year' })}>{director}</a>
      </>,
    )
  }
  const released = releaseText(movie)
  if (parts.length === 0 && released) parts.push(`Released ${released}`)
  return <>{separated(parts, ' · ')}</>
}

function GenreLinks({ genres }: Pick<Movie, 'genres'>) {
  const links = genres.map((genre) => (
    <a key={genre} href={listPath({ genres: [genre] })}>
      {genre}
    </a>
  ))
  return <>{separated(links, ', ')}</>
}

function separated(parts: readonly ComponentChildren[], separator: string) {
  return parts.map((part, index) => (
    <Fragment key={index}>
      {index > 0 ? separator : null}
      {part}
    </Fragment>
  ))
}

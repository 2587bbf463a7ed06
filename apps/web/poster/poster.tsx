import { useMemo } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { posterLook } from './look.ts'
import { MotifDrawing } from './motif.tsx'

interface PosterProps {
  readonly movie: Movie
  /** Rank in the top list. */
  readonly rank?: number | undefined
}

/**
 * A typographic poster: the title in large letters over a drawing of the genre. Hidden from screen
 * readers, because the text around it says the same.
 */
export function Poster({ movie, rank }: PosterProps) {
  const look = useMemo(() => posterLook(movie), [movie])
  const style = {
    '--hue': look.hue.toFixed(1),
    '--motif-hue': look.motifHue.toFixed(1),
    '--chroma': look.chroma,
    '--title-size': look.fit.size,
  }
  return (
    <div
      class="poster"
      data-tone={look.tone}
      data-motif={look.motif}
      style={style}
      aria-hidden="true"
    >
      <MotifDrawing look={look} />
      <p class="poster-top">
        <span>{movie.year}</span>
        {rank ? <span class="poster-rank">No. {rank}</span> : null}
      </p>
      <p class="poster-title">{movie.title}</p>
      <p class="poster-credit">
        <span class="poster-director">{movie.director}</span>
        <span>{movie.genres.join(', ')}</span>
      </p>
    </div>
  )
}

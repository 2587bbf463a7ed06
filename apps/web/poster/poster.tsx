import { useMemo } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { posterLook } from './look.ts'
import { MotifDrawing } from './motif.tsx'

interface PosterProps {
  readonly movie: Movie
  /** The place in the top list. */
  readonly rank?: number | undefined
}

/** A poster without a picture: what a movie is called, set large, over a drawing of its genre. Hidden from who
 * listens: what is around it says the same. */
export function Poster({ movie, rank }: PosterProps) {
  const look = useMemo(() => posterLook(movie), [movie])
  const style = {
    '--hue': look.hue.toFixed(1),
    '--motif-hue': look.motifHue.toFixed(1),
    '--chroma': look.chroma,
    '--title-size': look.fit.size,
  }
  return (
    <div class="poster" data-tone={look.tone} style={style} aria-hidden="true">
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

import type { Motif, Variation } from './drawings.ts'
import { fitTitle, type TitleFit, titleHeight } from './fit-title.ts'

/** The look of a movie's poster: always the same for the same movie. */
export interface PosterLook {
  /** Hue of the background, in degrees of OKLCH. */
  readonly hue: number
  /** Hue of the motif. */
  readonly motifHue: number
  /** `dark` is light ink on a dark background; poster.css ensures the contrast of both. */
  readonly tone: 'dark' | 'light'
  /** Close to grey where the genre is unknown. */
  readonly chroma: number
  readonly motif: Motif
  readonly variation: Variation
  readonly flipped: boolean
  readonly fit: TitleFit
}

type GenreLook = Pick<PosterLook, 'hue' | 'motifHue' | 'tone' | 'chroma'> & {
  readonly motifs: readonly Motif[]
  /** Range of the hues of its movies, in degrees. */
  readonly spread: number
}

const look = (
  motifs: Motif | readonly Motif[],
  tone: GenreLook['tone'],
  hue: number,
  motifHue: number,
  chroma = 1,
  spread = 36,
): GenreLook => ({ motifs: [motifs].flat(), tone, hue, motifHue, chroma, spread })

/** Looks by genre, for the genres of the demo catalogue, MovieLens and IMDb. */
const genreLooks: Readonly<Record<string, GenreLook>> = {
  action: look(['beams', 'peaks', 'burst'], 'dark', 28, 42, 1, 56),
  adventure: look(['peaks', 'sunrise', 'peaks', 'arcs'], 'light', 160, 185, 0.75),
  animation: look('sunrise', 'light', 210, 235),
  'black comedy': look('checks', 'dark', 110, 95, 0.8),
  children: look('spot', 'light', 130, 105),
  comedy: look(['spot', 'smile', 'spot'], 'light', 88, 60),
  'concert/performance': look('bars', 'dark', 310, 340),
  crime: look('stairs', 'dark', 15, 5, 0.7),
  documentary: look('stripes', 'light', 75, 70, 0.3),
  drama: look(['stairs', 'moon', 'doors', 'arcs'], 'dark', 252, 268, 1, 80),
  family: look('spot', 'light', 130, 105),
  fantasy: look('arcs', 'dark', 285, 310),
  'film-noir': look('beams', 'dark', 260, 260, 0.15),
  horror: look('teeth', 'dark', 20, 25, 0.5),
  musical: look('arcs', 'light', 330, 350),
  mystery: look(['rings', 'doors', 'moon'], 'dark', 235, 205),
  romance: look('pair', 'light', 10, 25),
  'romantic comedy': look('pair', 'light', 5, 355),
  'sci-fi': look(['rings', 'moon', 'arcs'], 'dark', 215, 190),
  'thriller/suspense': look(['rings', 'beams', 'doors'], 'dark', 295, 320, 0.8),
  thriller: look(['rings', 'beams', 'doors'], 'dark', 295, 320, 0.8),
  war: look('stripes', 'dark', 125, 110, 0.6),
  western: look('sunrise', 'light', 62, 40),
}

/** The look without a known genre: any hue, pale. */
const anyLook = look(['bars', 'doors', 'stripes', 'moon'], 'light', 80, 70, 0.32, 360)

export function posterLook(movie: {
  readonly title: string
  readonly genres: readonly string[]
}): PosterLook {
  const { motifs, spread, ...genre } = genreLooks[movie.genres[0]?.toLowerCase() ?? ''] ?? anyLook
  const hash = hashOf(movie.title)
  const fit = fitTitle(movie.title)
  const part = (shift: number) => ((hashOf(`${movie.title}|`) >>> shift) & 0xff) / 0x100
  const drift = ((hash & 0xff) / 0xff - 0.5) * spread
  return {
    ...genre,
    hue: (genre.hue + drift + 360) % 360,
    motifHue: (genre.motifHue + drift + 360) % 360,
    motif: motifs[(hash >>> 17) % motifs.length] ?? 'bars',
    variation: { height: heightBelow(fit), seeds: [part(0), part(8), part(16)] },
    flipped: ((hash >>> 16) & 1) === 1,
    fit,
  }
}

/** Height of the space between the year and the credits, in units of the drawing. */
const spaceHeight = 138
/** Units of the drawing in a percent of the poster's width. */
const unitsPerPercent = 1.2
/** Height of the year and the space below it, in percent of the poster's width. */
const yearHeight = 18
const drawingHeights = { min: 30, max: 96 }

/** Height of the drawing, so that it ends below the title. */
function heightBelow(fit: TitleFit): number {
  const left = spaceHeight - unitsPerPercent * (yearHeight + titleHeight(fit))
  return Math.min(drawingHeights.max, Math.max(drawingHeights.min, left))
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import {
  guessKind,
  type Kind,
  kinds,
  readLinks,
  readMovies,
  readRatings,
} from './catalogue/kinds.ts'
import type { CatalogueMovie, CatalogueRating } from './catalogue/outcome.ts'
import { vegaMoviesUrl } from './catalogue/vega.ts'
import { withClient } from './client.ts'
import { defaults } from './config.ts'
import { importAll } from './import.ts'
import { type Input, openInput, readEncoding } from './input.ts'
import { main, type Program, readUrl, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary, type Summary } from './summary.ts'
import { type ReadToken, readTokens, tokenFlags, tokenHelp } from './token.ts'

const help = `import-catalogue [options] [FILE|-]

Loads movies into the metadata service, or ratings into the rating service, from a file or from
standard input (-), gzip or not. Without a file: the demo catalogue, 3,201 movies.

  --metadata URL   the metadata service (${defaults.metadataUrl})
  --rating URL     the rating service (${defaults.ratingUrl})
  --kind KIND      format of the file; default: detected by its first line
                     vega               movies.json of vega-datasets: a JSON array of movies
                     movielens-movies   movies.csv of MovieLens
                     movielens-ratings  ratings.csv of MovieLens: 0.5 to 5 in steps of 0.5
                     imdb-basics        title.basics.tsv of IMDb: its movies
  --links PATH     with movielens-movies: links.csv of MovieLens, for the ids at IMDb and TMDB
  --all-types      with imdb-basics: series, episodes, shorts and games too
  --adult          with imdb-basics: adult titles too, with the genre Adult
  ${tokenHelp}
  --encoding NAME  encoding of the text, such as latin1 (utf-8)
  --help

Broken lines are refused, counted and shown with their number; the rest is imported. An impossible
year or running time is removed and counted as corrected. A movie of IMDb or MovieLens gets its id
there as an external id, too. Importing the same file again is harmless.
For the ratings of one person, exported by IMDb, Letterboxd or Trakt: import-ratings.
Ctrl-C stops the import and prints the summary so far.
Exit codes: 0 done, even with refusals; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

interface Options {
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly kind: Kind | undefined
  readonly links: string | undefined
  readonly allTypes: boolean
  readonly adult: boolean
  readonly encoding: string
  readonly readToken: ReadToken
  readonly path: string
}

/** Imports a catalogue, or ratings, from a file into a service. */
export const importCatalogue: Program = {
  name: 'import-catalogue',
  help,
  async run(args, terminal) {
    const options = await readOptions(args)
    const input = await openInput(options.path, terminal, options.encoding)
    const { kind, source } =
      options.kind === undefined ? await guessKind(input) : { kind: options.kind, source: input }
    if (kind === undefined) {
      throw new UsageError(
        `cannot detect the format of ${input.name}: set --kind to one of ${kinds.join(', ')}`,
      )
    }
    if (options.links !== undefined && kind !== 'movielens-movies') {
      throw new UsageError('--links needs movies.csv of MovieLens')
    }
    await importFrom({ ...input, ...source }, kind, options, terminal)
  },
}

async function readOptions(args: string[]): Promise<Options> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      metadata: { type: 'string', default: defaults.metadataUrl },
      rating: { type: 'string', default: defaults.ratingUrl },
      kind: { type: 'string' },
      links: { type: 'string' },
      'all-types': { type: 'boolean', default: false },
      adult: { type: 'boolean', default: false },
      encoding: { type: 'string', default: 'utf-8' },
      ...tokenFlags,
    },
  })
  const kind = kinds.find((known) => known === values.kind)
  if (values.kind !== undefined && kind === undefined) {
    throw new UsageError(`--kind must be one of ${kinds.join(', ')}; got "${values.kind}"`)
  }
  const [path, ...more] = positionals
  if (more.length > 0) throw new UsageError('expected one file, or - for standard input')
  if (path === undefined && (kind ?? 'vega') !== 'vega')
    throw new UsageError(`${kind} needs a file`)
  return {
    metadataUrl: readUrl('--metadata', values.metadata),
    ratingUrl: readUrl('--rating', values.rating),
    kind: path === undefined ? 'vega' : kind,
    links: values.links,
    allTypes: values['all-types'],
    adult: values.adult,
    encoding: readEncoding(values.encoding),
    readToken: await readTokens(values),
    path: path ?? fileURLToPath(vegaMoviesUrl()),
  }
}

/** Labels of the summary that only some kinds have. */
const extraLabels: Readonly<Record<Kind, readonly string[]>> = {
  vega: [],
  'movielens-movies': [],
  'movielens-ratings': [],
  'imdb-basics': ['skipped', 'corrected'],
}

async function importFrom(input: Input, kind: Kind, options: Options, terminal: Terminal) {
  const labels = ['read', 'created', 'replaced', 'refused', ...extraLabels[kind]]
  const summary = createSummary(labels)
  const progress = createProgress({
    stderr: terminal.stderr,
    noun: kind === 'vega' ? 'movies' : 'lines',
    total: input.sizeBytes,
  })
  const shared = {
    summary,
    signal: terminal.signal,
    onProgress: () => progress.update(input.readBytes(), summary.get('read')),
  }
  let isDone = false
  try {
    if (kind === 'movielens-ratings') {
      await withClient(RatingService, options.ratingUrl, options.readToken, (client) => {
        const send = (ratings: readonly CatalogueRating[]) =>
          client.importRatings(stream(ratings.map((rating) => ({ rating }))))
        return importAll({ ...shared, batches: readRatings(input), send })
      })
    } else {
      const links = await linksOf(options, summary, terminal)
      await withClient(MetadataService, options.metadataUrl, options.readToken, (client) => {
        const send = (movies: readonly CatalogueMovie[]) =>
          client.importMetadata(stream(movies.map((metadata) => ({ metadata }))))
        const batches = readMovies(kind, input, { ...options, links })
        return importAll({ ...shared, batches, send })
      })
    }
    isDone = true
  } finally {
    progress.stop()
    if (isDone || summary.get('read') > 0) terminal.print(summary.format())
  }
}

async function linksOf({ links }: Options, summary: Summary, terminal: Terminal) {
  if (links === undefined) return new Map<string, never>()
  return readLinks(await openInput(links, terminal), summary.refuse)
}

async function* stream<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages
}

if (import.meta.main) await main(importCatalogue)

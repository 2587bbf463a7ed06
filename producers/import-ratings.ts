import { parseArgs } from 'node:util'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import {
  createScale,
  defaultScale,
  describeScale,
  type Scale,
  scaleText,
} from '../services/rating/scale.ts'
import type { CatalogueRating } from './catalogue/outcome.ts'
import { withClient } from './client.ts'
import { defaults } from './config.ts'
import { checkScale } from './exports/check-scale.ts'
import { findMovies } from './exports/find-movies.ts'
import { type Format, formatScales, formats, guessFormat, readExport } from './exports/formats.ts'
import { callSizeMax, sendItems } from './import.ts'
import { type Input, openInput, readEncoding } from './input.ts'
import { main, type Program, readUrl, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'
import { type ReadToken, readTokens, tokenFlags, tokenHelp } from './token.ts'

/** Maximum number of ratings that are shown with the reason why they were not imported. */
const shownMax = 1_000

const formatHelp: Readonly<Record<Format, string>> = {
  'imdb-ratings-csv': `IMDb's "Your ratings"`,
  'letterboxd-ratings': "Letterboxd's ratings.csv",
  'trakt-ratings': "Trakt's rated movies, as JSON",
}

const help = `import-ratings --user ID [options] FILE|-

Loads a person's ratings of movies into the rating service, from a file that another program has
exported, or from standard input (-), gzip or not.

  --user ID        the user whose ratings they are, because the files do not say it
  --kind KIND      format of the file; default: detected by its first line
${formats.map(describeFormat).join('\n')}
  --target-scale MIN:MAX:STEP
                   scale of movies in the rating service (${scaleText(defaultScale)})
  --metadata URL   the metadata service (${defaults.metadataUrl})
  --rating URL     the rating service (${defaults.ratingUrl})
  ${tokenHelp}
  --encoding NAME  encoding of the text, such as latin1 (utf-8)
  --help

A value keeps its share of the maximum: 7 of 10 becomes 3.5 of 5. It is never rounded: a rating
whose share is not on the target scale is refused. The import fails when the service has another
scale.
A movie is found by IMDb's id, when the catalogue has it as an id, otherwise by exactly the same
title and year. A rating without a movie is unmatched, and one with several is ambiguous. So are two
ratings of the file with the same movie. None of them is imported. They and the refused ones are
shown with their line. A malformed JSON array imports nothing. Importing the same file again is
harmless.
Ctrl-C stops the import and prints the summary so far.
Exit codes: 0 done, even with such ratings; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

function describeFormat(format: Format): string {
  const scale = describeScale(formatScales[format])
  return `                     ${format.padEnd(18)}  ${formatHelp[format]}: ${scale}`
}

interface Options {
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly format: Format | undefined
  readonly userId: string
  readonly targetScale: Scale
  readonly encoding: string
  readonly readToken: ReadToken
  readonly path: string
}

/** Imports a person's ratings from a file that another program has exported. */
export const importRatings: Program = {
  name: 'import-ratings',
  help,
  async run(args, terminal) {
    const options = await readOptions(args)
    const input = await openInput(options.path, terminal, options.encoding)
    const guessed = options.format === undefined ? await guessFormat(input) : undefined
    const format = options.format ?? guessed?.format
    if (format === undefined) {
      throw new UsageError(
        `cannot detect the format of ${input.name}: set --kind to one of ${formats.join(', ')}`,
      )
    }
    await importFrom({ ...input, ...guessed?.source }, format, options, terminal)
  },
}

async function readOptions(args: string[]): Promise<Options> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      user: { type: 'string' },
      kind: { type: 'string' },
      'target-scale': { type: 'string', default: scaleText(defaultScale) },
      metadata: { type: 'string', default: defaults.metadataUrl },
      rating: { type: 'string', default: defaults.ratingUrl },
      encoding: { type: 'string', default: 'utf-8' },
      ...tokenFlags,
    },
  })
  const format = formats.find((known) => known === values.kind)
  if (values.kind !== undefined && format === undefined) {
    throw new UsageError(`--kind must be one of ${formats.join(', ')}; got "${values.kind}"`)
  }
  const [path, ...more] = positionals
  if (path === undefined || more.length > 0)
    throw new UsageError('expected one file, or - for standard input')
  return {
    metadataUrl: readUrl('--metadata', values.metadata),
    ratingUrl: readUrl('--rating', values.rating),
    format,
    userId: readUser(values.user),
    targetScale: readScale(values['target-scale']),
    encoding: readEncoding(values.encoding),
    readToken: await readTokens(values),
    path,
  }
}

/** Parses the flag `--user`, by the rule of `user_id` in rating.proto. */
function readUser(userId: string | undefined): string {
  if (userId === undefined) throw new UsageError('--user is missing: name the user to rate as')
  if (/^[^\s\p{Cc}]{1,128}$/u.test(userId)) return userId
  throw new UsageError('--user must have 1 to 128 characters, without spaces')
}

function readScale(text: string): Scale {
  try {
    const scale = createScale(text)
    if (scale.max > 0) return scale
    throw new RangeError('its maximum must be more than 0')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new UsageError(`--target-scale is "${text}": ${error.message}`)
  }
}

async function importFrom(input: Input, format: Format, options: Options, terminal: Terminal) {
  const { stderr, signal } = terminal
  const labels = ['read', 'imported', 'unmatched', 'ambiguous', 'refused']
  const summary = createSummary(labels, { shownMax })
  const progress = createProgress({ stderr, noun: 'ratings', total: undefined })
  let isDone = false
  const onProgress = () => progress.update(summary.get('read'), summary.get('read'))
  try {
    const found = await withClient(
      MetadataService,
      options.metadataUrl,
      options.readToken,
      (catalogue) =>
        findMovies({
          batches: readExport(format, input),
          from: formatScales[format],
          to: options.targetScale,
          userId: options.userId,
          catalogue,
          summary,
          onProgress,
          signal,
        }),
    )
    await withClient(RatingService, options.ratingUrl, options.readToken, async (client) => {
      const send = (ratings: readonly CatalogueRating[]) => client.importRatings(requests(ratings))
      const movieId = found[0]?.item.recordId
      if (movieId !== undefined) await checkScale(client, movieId, options.targetScale)
      for (let start = 0; start < found.length && !signal.aborted; start += callSizeMax) {
        const part = found.slice(start, start + callSizeMax)
        const { created, replaced } = await sendItems(part, send, summary)
        summary.count('imported', created + replaced)
      }
    })
    isDone = true
  } finally {
    progress.stop()
    if (isDone || summary.get('read') > 0) terminal.print(summary.format())
  }
}

async function* requests(ratings: readonly CatalogueRating[]) {
  for (const rating of ratings) yield { rating }
}

if (import.meta.main) await main(importRatings)

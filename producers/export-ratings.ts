import { parseArgs } from 'node:util'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import { describeScale, type Scale } from '../services/rating/scale.ts'
import { withAddress, withClient } from './client.ts'
import { defaults } from './config.ts'
import { readScale } from './exports/check-scale.ts'
import { exportRatings } from './exports/export-ratings.ts'
import type { Format } from './exports/format.ts'
import { type FormatName, formatNamed, formatNames, formatOf } from './exports/formats.ts'
import { movieLensFiles } from './exports/movielens.ts'
import { readRatings } from './exports/read-ratings.ts'
import { openFiles, openStandardOutput } from './output.ts'
import { main, type Program, readUrl, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary, type Summary } from './summary.ts'
import { type ReadToken, readTokens, tokenFlags, tokenHelp } from './token.ts'

/** Maximum number of ratings that are shown with the reason why they were not exported. */
const shownMax = 1_000

const written = formatNames.filter((name) => formatOf(name).createWriter !== undefined)

const help = `export-ratings --format FORMAT [options]

Writes ratings of movies in a format that other programs and import-ratings read.

  --format FORMAT
${written.map(describeFormat).join('\n')}
  --user ID        the user whose ratings they are; default with movielens and jsonl: all users
  --output PATH    the file, or with movielens the folder of ${movieLensFiles.join(', ')};
                   default: standard output
  --metadata URL   the metadata service (${defaults.metadataUrl})
  --rating URL     the rating service (${defaults.ratingUrl})
  ${tokenHelp}
  --help

A value keeps its share of the maximum: 3.5 of 5 becomes 7 of 10. It is never rounded: a rating
whose share is not on the scale of the format is refused. So is one whose movie has no metadata, or
not the id that the format needs; jsonl takes them all. They are shown, and the others are exported.
A file gets its name when it is complete. The summary is on standard error when the ratings are on
standard output.
Ctrl-C stops the export, and leaves no file.
Exit codes: 0 done, even with refusals; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

function describeFormat(name: FormatName): string {
  const { title, scale } = formatOf(name)
  const values = scale === undefined ? '' : `: ${describeScale(scale)}`
  return `                     ${name.padEnd(10)}  ${title}${values}`
}

interface Options {
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly readToken: ReadToken
  readonly format: Format
  readonly userId: string | undefined
  /** `undefined` for standard output. */
  readonly path: string | undefined
  /** Names of the files in the folder `path`. Empty when it is a file. */
  readonly files: readonly string[]
}

/** Exports ratings to a file that other programs read. */
export const exportRatingsProgram: Program = {
  name: 'export-ratings',
  help,
  async run(args, terminal) {
    const options = await readOptions(args)
    const { path, files } = options
    const print = (text: string) =>
      path === undefined ? terminal.stderr.write(`${text}\n`) : terminal.print(text)
    const summary = createSummary(['read', 'exported', 'refused'], { shownMax })
    await using output =
      path === undefined ? openStandardOutput(terminal) : await openFiles(path, files)
    let isDone = false
    try {
      await exportTo((pieces) => output.append(pieces), options, summary, terminal)
      if (!terminal.signal.aborted) await output.finish()
      isDone = true
    } finally {
      if (isDone || summary.get('read') > 0) print(summary.format())
    }
  },
}

async function readOptions(args: string[]): Promise<Options> {
  const { values } = parseArgs({
    args,
    options: {
      format: { type: 'string' },
      user: { type: 'string' },
      output: { type: 'string' },
      metadata: { type: 'string', default: defaults.metadataUrl },
      rating: { type: 'string', default: defaults.ratingUrl },
      ...tokenFlags,
    },
  })
  const name = written.find((each) => each === formatNamed(values.format ?? ''))
  if (name === undefined) {
    throw new UsageError(
      `--format must be one of ${written.join(', ')}; got "${values.format ?? ''}"`,
    )
  }
  const format = formatOf(name)
  if (!format.hasUsers && values.user === undefined) {
    throw new UsageError(`--user is missing: a file of ${name} has the ratings of one user`)
  }
  const path = values.output === '-' ? undefined : values.output
  if (name === 'movielens' && path === undefined) {
    throw new UsageError('--output is missing: movielens needs a folder')
  }
  return {
    metadataUrl: readUrl('--metadata', values.metadata),
    ratingUrl: readUrl('--rating', values.rating),
    readToken: await readTokens(values),
    ...{ format, userId: values.user, path },
    files: name === 'movielens' ? movieLensFiles : [],
  }
}

async function exportTo(
  append: (pieces: readonly { readonly file: string; readonly text: string }[]) => Promise<void>,
  { metadataUrl, ratingUrl, readToken, format, userId }: Options,
  summary: Summary,
  { stderr, signal }: Terminal,
): Promise<void> {
  const progress = createProgress({ stderr, noun: 'ratings', total: undefined })
  const onProgress = () => progress.update(summary.get('read'), summary.get('read'))
  try {
    await withClient(MetadataService, metadataUrl, readToken, (metadata) =>
      withClient(RatingService, ratingUrl, readToken, async (client) => {
        const scales = new Map<string, Scale>()
        const scaleOf = async (recordType: string, recordId: string) => {
          const scale =
            scales.get(recordType) ?? (await readScale(client, { recordType, recordId }))
          scales.set(recordType, scale)
          return scale
        }
        const catalogue = {
          batchGetMetadata: (request: { movieIds: string[] }) =>
            metadata.batchGetMetadata(request).catch((cause) => {
              throw withAddress(metadataUrl, cause)
            }),
        }
        const batches = readRatings({ client, userId, signal })
        const options = { batches, format, catalogue, scaleOf, summary, onProgress }
        for await (const pieces of exportRatings(options)) await append(pieces)
      }),
    )
  } finally {
    progress.stop()
  }
}

if (import.meta.main) await main(exportRatingsProgram)

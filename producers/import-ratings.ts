import { parseArgs } from 'node:util'
import {
  createScale,
  defaultScale,
  describeScale,
  type Scale,
  scaleText,
} from '../services/rating/scale.ts'
import { defaults } from './config.ts'
import {
  type FormatName,
  formatNamed,
  formatNames,
  formatOf,
  guessFormat,
} from './exports/formats.ts'
import { type ImportTarget, importPerson } from './exports/import-person.ts'
import { importSeveral } from './exports/import-several.ts'
import { readTables } from './exports/read-tables.ts'
import { type Input, openInput, readEncoding } from './input.ts'
import { main, type Program, readUrl, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary, type Summary } from './summary.ts'
import { type ReadToken, readTokens, tokenFlags, tokenHelp } from './token.ts'

/** Maximum number of ratings that are shown with the reason why they were not imported. */
const shownMax = 1_000

const help = `import-ratings [options] FILE|-

Loads ratings of movies into the rating service, from a file that another program or export-ratings
has written, or from standard input (-), gzip or not.

  --user ID        the user whose ratings they are, when the file does not say it; with movielens
                   and jsonl: imports only the ratings of this user
  --kind FORMAT    format of the file; default: detected by its first line
${formatNames.map(describeFormat).join('\n')}
  --target-scale MIN:MAX:STEP
                   scale of movies in the rating service (${scaleText(defaultScale)})
  --movies PATH    with movielens: movies.csv, for the titles
  --links PATH     with movielens: links.csv, for the ids at IMDb and TMDB
  --record-ids     with jsonl: takes the record ids of the file as they are, without the catalogue
  --metadata URL   the metadata service (${defaults.metadataUrl})
  --rating URL     the rating service (${defaults.ratingUrl})
  ${tokenHelp}
  --encoding NAME  encoding of the text, such as latin1 (utf-8)
  --help

A value keeps its share of the maximum: 7 of 10 becomes 3.5 of 5. It is never rounded: a rating
whose share is not on the target scale is refused. The import fails when the service has another
scale.
A movie is found by its ids at IMDb, TMDB and others, which the catalogue has as external ids,
otherwise by exactly the same title and year. A rating without a movie is unmatched, and one with
several is ambiguous. So are ratings of two movies of the file that are one movie of the catalogue.
None of them is imported. They and the refused ones are shown with their line. A malformed JSON
array imports nothing. Importing the same file again is harmless.
Files of movielens and jsonl are read twice, and cannot come from standard input.
Ctrl-C stops the import and prints the summary so far.
Exit codes: 0 done, even with such ratings; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

function describeFormat(name: FormatName): string {
  const { title, scale } = formatOf(name)
  const values = scale === undefined ? '' : `: ${describeScale(scale)}`
  return `                     ${name.padEnd(10)}  ${title}${values}`
}

interface Options {
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly format: FormatName | undefined
  readonly userId: string | undefined
  readonly targetScale: Scale
  readonly movies: string | undefined
  readonly links: string | undefined
  readonly keepsIds: boolean
  readonly encoding: string
  readonly readToken: ReadToken
  readonly path: string
}

/** Imports ratings from a file that another program has exported. */
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
        `cannot detect the format of ${input.name}: set --kind to one of ${formatNames.join(', ')}`,
      )
    }
    checkOptions(format, options)
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
      movies: { type: 'string' },
      links: { type: 'string' },
      'record-ids': { type: 'boolean', default: false },
      metadata: { type: 'string', default: defaults.metadataUrl },
      rating: { type: 'string', default: defaults.ratingUrl },
      encoding: { type: 'string', default: 'utf-8' },
      ...tokenFlags,
    },
  })
  const format = values.kind === undefined ? undefined : formatNamed(values.kind)
  if (values.kind !== undefined && format === undefined) {
    throw new UsageError(`--kind must be one of ${formatNames.join(', ')}; got "${values.kind}"`)
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
    movies: values.movies,
    links: values.links,
    keepsIds: values['record-ids'],
    encoding: readEncoding(values.encoding),
    readToken: await readTokens(values),
    path,
  }
}

/** Throws a `UsageError` when an option does not fit the format. */
function checkOptions(format: FormatName, options: Options): void {
  const { hasUsers } = formatOf(format)
  const { userId, movies, links, keepsIds, path } = options
  if (!hasUsers && userId === undefined) {
    throw new UsageError('--user is missing: name the user to rate as')
  }
  if (hasUsers && path === '-') {
    throw new UsageError(`a file of ${format} is read twice: name the file instead of -`)
  }
  if ((movies ?? links) !== undefined && format !== 'movielens') {
    throw new UsageError('--movies and --links need --kind movielens')
  }
  if (keepsIds && format !== 'jsonl') throw new UsageError('--record-ids needs --kind jsonl')
}

/** Parses the flag `--user`, by the rule of `user_id` in rating.proto. */
function readUser(userId: string | undefined): string | undefined {
  if (userId === undefined || /^[^\s\p{Cc}]{1,128}$/u.test(userId)) return userId
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

async function importFrom(input: Input, name: FormatName, options: Options, terminal: Terminal) {
  const { stderr, signal } = terminal
  const labels = ['read', 'imported', 'unmatched', 'ambiguous', 'refused']
  const summary = createSummary(labels, { shownMax })
  const progress = createProgress({ stderr, noun: 'ratings', total: undefined })
  const onProgress = (count: number) => progress.update(count, count)
  let isDone = false
  try {
    await importAs(input, name, { ...options, summary, onProgress, signal }, terminal)
    isDone = true
  } finally {
    progress.stop()
    if (isDone || summary.get('read') > 0) terminal.print(summary.format())
  }
}

async function importAs(
  input: Input,
  name: FormatName,
  options: Options & ImportTarget & { readonly summary: Summary },
  terminal: Terminal,
): Promise<void> {
  const { userId = '', summary, encoding, path } = options
  const format = formatOf(name)
  if (!format.hasUsers) return importPerson(format.read(input), userId, options)
  const tables = await readTables(options, terminal, summary.refuse)
  const { read } = formatOf(name, tables)
  let first: Input | undefined = input
  const open = async () => {
    const source = first ?? (await openInput(path, terminal, encoding))
    first = undefined
    return read(source)
  }
  await importSeveral({ ...options, open }, options)
}

if (import.meta.main) await main(importRatings)

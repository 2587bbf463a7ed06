import { createScale, type Scale, scaleText } from '../../services/rating/scale.ts'
import { externalIds } from '../catalogue/external-ids.ts'
import { type Outcome, quoted, refused } from '../catalogue/outcome.ts'
import { readLineItems } from '../placed.ts'
import { type ExportedRating, offExportScale, timeOf, timeText, yearOf } from './exported-rating.ts'
import { createTextWriter, type Format } from './format.ts'
import { fieldsOf } from './json.ts'

/** First line of a file, which says what the others are. */
const header = { format: 'marquee-ratings', version: 1 }

/** Our own format: JSON lines with all that is known of a rating, and the scale of each. */
export const jsonLines: Format = {
  title: 'our own JSON lines, of any scale and record type',
  scale: undefined,
  sources: ['imdb', 'tmdb', 'letterboxd', 'trakt', 'movielens'],
  timeUnitMs: 1,
  hasUsers: true,
  matches: (firstLine) => isHeader(firstLine),
  read: (source) =>
    readLineItems(source, (line) => {
      if (isHeader(line?.text)) return createReader()
      const wanted = JSON.stringify(header)
      throw new Error(`the first line of ${source.name} should be ${wanted}`)
    }),
  createWriter: () => createTextWriter(`${JSON.stringify(header)}\n`, writeLine),
}

function isHeader(line: string | undefined): boolean {
  const { format, version } = fieldsOf(parsed(line ?? ''))
  return format === header.format && version === header.version
}

function createReader(): (line: string) => Outcome<ExportedRating> {
  const readScale = createScaleReader()
  return (line) => {
    const { userId, recordType, recordId, value, scale: text, ...movie } = fieldsOf(parsed(line))
    if (!isName(userId) || !isName(recordType) || !isName(recordId)) {
      return refused('it is not JSON with userId, recordType and recordId')
    }
    const scale = readScale(text)
    if (scale === undefined) return refused(`its scale is ${quoted(String(text))}`)
    if (typeof value !== 'number' || scale.stepOf(value) === undefined) {
      return refused(offExportScale(value === undefined ? '' : JSON.stringify(value), scale))
    }
    // Files of earlier versions have the time as `updateTime`.
    const { title, year, externalIds: ids, updateTime, ratedTime = updateTime } = movie
    const item: ExportedRating = {
      ...{ userId, record: { recordType, recordId }, value, scale, timeMs: timeOf(ratedTime) },
      ...{ title: typeof title === 'string' ? title : '', year: yearOf(year) },
      ...{ ids: externalIds(fieldsOf(ids)), isMovie: recordType === 'movie' },
    }
    return { kind: 'item', item }
  }
}

/** Maximum number of different scales of a file that are kept. */
const scalesMax = 100

/** Returns a function that reads scales, and keeps them, because a file has few. */
function createScaleReader(): (text: unknown) => Scale | undefined {
  const known = new Map<unknown, Scale | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    const scale = scaleOf(text)
    if (known.size < scalesMax) known.set(text, scale)
    return scale
  }
}

function scaleOf(text: unknown): Scale | undefined {
  try {
    return createScale(String(text))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Returns whether a value is a name by the rules of rating.proto. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\t\n\v\f\r \p{Cc}]{1,128}$/u.test(value)
}

function writeLine(rating: ExportedRating): Outcome<string> {
  const { userId, record, value, scale, timeMs, title, year, ids } = rating
  const line = {
    userId,
    ...record,
    value,
    scale: scaleText(scale),
    ratedTime: timeMs === undefined ? undefined : timeText(timeMs),
    title: title === '' ? undefined : title,
    year,
    externalIds: Object.keys(ids).length === 0 ? undefined : ids,
  }
  return { kind: 'item', item: `${JSON.stringify(line)}\n` }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

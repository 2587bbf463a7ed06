import type { Histogram } from '../rating.ts'
import { countOf, describeScale, type Scale, scaleText } from '../scale.ts'
import { type Scoring, type ScoringRules, scoreOf, scoringFor, scoringOf } from '../scoring.ts'

/** Conversion of a record type to another scale. */
export interface Conversion {
  readonly recordType: string
  readonly to: Scale
  /** New value = old value × `multiply` ÷ `divide`. Whole numbers from 1 to 1,000. */
  readonly multiply: number
  readonly divide: number
}

export interface Converted {
  readonly records: number
  readonly ratings: number
}

/** Record to convert, as a database has it. */
export interface ConvertedRecord {
  readonly recordNumber: number
  readonly histogram: Histogram
}

/** A record after its conversion. */
export interface ConversionResult extends ConvertedRecord {
  readonly count: number
  readonly bayesianScore: number
}

/** Conversion of one record type, by the rules of a database. */
export interface Converter {
  readonly scoring: Scoring
  /** Pairs of an old and a new step, of all old steps that have a new one. */
  readonly steps: readonly (readonly [number, number])[]
  /** Throws a RangeError when a rating of the record has no place on the new scale. */
  convert(record: ConvertedRecord): ConversionResult
}

/** Maximum number of records that are read at once. */
export const convertedRecordsMax = 1_000

/**
 * Creates a converter. Throws a RangeError when the ratings are on the new scale already: a command
 * that is repeated by mistake would change every value again.
 */
export function createConverter(rules: ScoringRules, conversion: Conversion): Converter {
  const { recordType, to, multiply, divide } = conversion
  const { scale: from, prior } = scoringFor(rules, recordType)
  if (scaleText(from) === scaleText(to)) {
    throw new RangeError(`ratings of "${recordType}" are on the scale ${scaleText(to)} already`)
  }
  const scoring = scoringOf(to, prior.weight)
  // At most ten digits of a value count. Rounding to twelve removes only the error of the division.
  const place = (value: number) => to.stepOf(Number(((value * multiply) / divide).toPrecision(12)))
  const steps = from.values.map(place)
  return {
    scoring,
    steps: steps.flatMap((step, index) => (step === undefined ? [] : [[index, step] as const])),
    convert({ recordNumber, histogram }) {
      const counts = to.values.map(() => 0)
      for (const [index, count] of histogram.entries()) {
        const step = steps[index]
        if (step !== undefined) counts[step] = (counts[step] ?? 0) + count
        else if (count > 0) throw noPlace(from.values[index] as number, conversion)
      }
      const score = scoreOf(counts, scoring)
      return { recordNumber, histogram: counts, count: countOf(counts), bayesianScore: score }
    },
  }
}

/** Throws when a conversion has found no record. */
export function requireRecords(converted: Converted, { recordType }: Conversion): Converted {
  if (converted.records > 0) return converted
  throw new Error(`the database has no ratings of "${recordType}": a new scale needs no conversion`)
}

function noPlace(value: number, { recordType, to, multiply, divide }: Conversion): RangeError {
  const factor = `${multiply}${divide === 1 ? '' : `/${divide}`}`
  return new RangeError(
    `ratings of "${recordType}" have the value ${value}, and ${value} × ${factor} is not on the scale of ${describeScale(to)}`,
  )
}

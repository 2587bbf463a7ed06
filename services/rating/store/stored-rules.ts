import { createScale, scaleText } from '../scale.ts'
import { type Scoring, type ScoringRules, scoringFor } from '../scoring.ts'
import type { Row } from './aggregate-row.ts'

/** Thrown when a database has ratings on a scale other than the configured one. */
export class OtherScaleError extends Error {
  override readonly name = 'OtherScaleError'
}

/** Row of the table `scoring_rule`. The record type of the rule for all others is empty. */
export interface StoredRule {
  readonly recordType: string
  readonly scale: string
  readonly priorMean: number
  readonly priorWeight: number
}

export function toRules(rows: readonly Row[]): ScoringRules {
  const scorings = new Map(rows.map((row) => [row.record_type as string, toScoring(row)]))
  const others = scorings.get('')
  if (others === undefined)
    throw new Error('the database has no scale yet: start the rating service first')
  scorings.delete('')
  return { named: scorings, others }
}

function toScoring(row: Row): Scoring {
  const prior = { mean: row.prior_mean as number, weight: row.prior_weight as number }
  return { scale: createScale(row.scale as string), prior }
}

/** Returns the rows that `toRules` reads. */
export function storedRules({ named, others }: ScoringRules): StoredRule[] {
  return [...named, ['', others] as const].map(([recordType, { scale, prior }]) => ({
    recordType,
    scale: scaleText(scale),
    priorMean: prior.mean,
    priorWeight: prior.weight,
  }))
}

export function areSameRules(one: ScoringRules, other: ScoringRules): boolean {
  const textOf = (rules: ScoringRules) =>
    storedRules(rules)
      .map((rule) => JSON.stringify(rule))
      .toSorted()
      .join()
  return textOf(one) === textOf(other)
}

/**
 * Throws an OtherScaleError when the ratings of a record type are on another scale than the
 * configured one.
 */
export function requireScales(
  stored: ScoringRules,
  configured: ScoringRules,
  ratedTypes: readonly string[],
): void {
  for (const recordType of ratedTypes) {
    const has = scaleText(scoringFor(stored, recordType).scale)
    const wants = scaleText(scoringFor(configured, recordType).scale)
    if (has === wants) continue
    throw new OtherScaleError(
      `its ratings of "${recordType}" are on the scale ${has}, and --scale says ${wants}: set it to ${has}, or convert them with \`bun run convert-scale\``,
    )
  }
}

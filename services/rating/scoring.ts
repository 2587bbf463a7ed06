import { countOf, defaultScale, type Scale } from './scale.ts'

/** Assumed mean of a record without ratings, and its weight. */
export interface Prior {
  /** A number within the scale. */
  readonly mean: number
  /** 0 or more, in ratings. */
  readonly weight: number
}

/** Scale and prior of a record type. */
export interface Scoring {
  readonly scale: Scale
  readonly prior: Prior
}

/** Scale and prior of every record type. */
export interface ScoringRules {
  /** Record types that have a scoring of their own. */
  readonly named: ReadonlyMap<string, Scoring>
  /** Scoring of all other record types. */
  readonly others: Scoring
}

/** Weight of the assumed mean when none is configured: as much as ten ratings. */
export const defaultPriorWeight = 10

/** Returns the scoring of a scale whose assumed mean is the middle of the scale. */
export function scoringOf(scale: Scale, weight = defaultPriorWeight): Scoring {
  return { scale, prior: { mean: (scale.min + scale.max) / 2, weight } }
}

export const defaultScoring = scoringOf(defaultScale)

/** Rules of a service without configuration: half stars for every record type. */
export const defaultRules: ScoringRules = { named: new Map(), others: defaultScoring }

export function scoringFor(rules: ScoringRules, recordType: string): Scoring {
  return rules.named.get(recordType) ?? rules.others
}

/**
 * Returns the weighted rating: the mean of the ratings and of `prior.weight` assumed ratings of
 * `prior.mean`.
 *
 *     (prior.weight × prior.mean + sum) / (prior.weight + count)
 */
export function bayesianScore(count: number, sum: number, prior: Prior): number {
  return (prior.weight * prior.mean + sum) / (prior.weight + count)
}

/** Returns the weighted rating of a histogram. */
export function scoreOf(histogram: readonly number[], { scale, prior }: Scoring): number {
  return bayesianScore(countOf(histogram), scale.sum(histogram), prior)
}

/** Interval around a score. */
export interface ScoreInterval {
  readonly low: number
  readonly high: number
  /** Probability that the true mean is inside: 0.95. */
  readonly level: number
}

/** Half of a central 95 % interval of the normal distribution, in standard deviations. */
const deviations95 = 1.96

/**
 * Returns the interval that holds the mean of all possible ratings with a probability of 95 %.
 *
 * The shares of the values are unknown, with a Dirichlet distribution (Gelman et al., Bayesian Data
 * Analysis, 3rd edition, section 3.4). Its prior has the weight and the mean of the score's, spread
 * over the ends of the scale only, which is the widest that there is. The mean of the values
 * then has the score as its expected value, and this variance, which the normal distribution turns
 * into an interval (E. Miller, "Ranking Items With Star Ratings", 2014):
 *
 *     total  = weight + count
 *     square = (weight × (mean × (min + max) - min × max) + sum of value²) / total
 *     (square - score²) / (total + 1)
 *
 * The interval is cut at the ends of the scale. Without ratings and without a prior, it is the whole
 * scale.
 */
export function scoreInterval(histogram: readonly number[], scoring: Scoring): ScoreInterval {
  const { scale, prior } = scoring
  const { min, max, values } = scale
  const total = prior.weight + countOf(histogram)
  if (total === 0) return { low: min, high: max, level: 0.95 }
  const score = scoreOf(histogram, scoring)
  let squares = prior.weight * (prior.mean * (min + max) - min * max)
  for (const [index, value] of values.entries()) squares += (histogram[index] ?? 0) * value * value
  const variance = Math.max(0, squares / total - score * score) / (total + 1)
  const half = deviations95 * Math.sqrt(variance)
  return { low: Math.max(min, score - half), high: Math.min(max, score + half), level: 0.95 }
}

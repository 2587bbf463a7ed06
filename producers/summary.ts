/** Maximum number of refusals that are shown with their reasons. The rest are only counted. */
const refusalsShownMax = 20

/** Counts for the summary that a program prints at its end. */
export interface Summary {
  count(label: string, by?: number): void
  /** Counts a refusal, and keeps the first few with their place ("line 7") and reason. */
  refuse(where: string, reason: string): void
  get(label: string): number
  /** Returns the summary, several lines. */
  format(): string
}

/** Creates a summary. Labels are shown in this order, even with a count of 0. */
export function createSummary(labels: readonly string[], now = () => performance.now()): Summary {
  const startMs = now()
  const counts = new Map<string, number>(labels.map((label) => [label, 0]))
  const refusals: string[] = []
  const get = (label: string) => counts.get(label) ?? 0
  const count = (label: string, by = 1) => {
    counts.set(label, get(label) + by)
  }
  return {
    count,
    get,
    refuse(where, reason) {
      count('refused')
      if (refusals.length < refusalsShownMax) refusals.push(`refused ${where}: ${reason}`)
    },
    format() {
      const seconds = (now() - startMs) / 1000
      const lines = [...counts].map(([label, n]) => `${label.padEnd(10)}${formatCount(n)}`)
      const hidden = get('refused') - refusals.length
      const shown = hidden > 0 ? [...refusals, `… and ${formatCount(hidden)} more`] : refusals
      return [...shown, ...lines, `${'seconds'.padEnd(10)}${seconds.toFixed(1)}`].join('\n')
    },
  }
}

/** Formats 3201 as "3,201". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

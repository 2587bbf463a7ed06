/** Default number of refusals that are shown with their reasons. The rest are only counted. */
const shownMaxDefault = 20

/** Counts for the summary that a program prints at its end. */
export interface Summary {
  count(label: string, by?: number): void
  /** Counts a refusal, and keeps the first few with their place ("line 7") and reason. */
  refuse(where: string, reason: string): void
  /** Counts an item that is not imported by a label of its own, and keeps it as a refusal. */
  report(label: string, where: string, reason: string): void
  get(label: string): number
  /** Returns the summary, several lines. */
  format(): string
}

export interface SummaryOptions {
  /** Maximum number of refusals that are shown with their reasons. Default: 20. */
  readonly shownMax?: number
  readonly now?: () => number
}

/** Creates a summary. Labels are shown in this order, even with a count of 0. */
export function createSummary(
  labels: readonly string[],
  { shownMax = shownMaxDefault, now = () => performance.now() }: SummaryOptions = {},
): Summary {
  const startMs = now()
  const counts = new Map<string, number>(labels.map((label) => [label, 0]))
  const reported = new Set(['refused'])
  const shown: string[] = []
  const get = (label: string) => counts.get(label) ?? 0
  const count = (label: string, by = 1) => {
    counts.set(label, get(label) + by)
  }
  const report = (label: string, where: string, reason: string) => {
    reported.add(label)
    count(label)
    if (shown.length < shownMax) shown.push(`${label} ${where}: ${reason}`)
  }
  return {
    count,
    get,
    report,
    refuse: (where, reason) => report('refused', where, reason),
    format() {
      const seconds = (now() - startMs) / 1000
      const lines = [...counts].map(([label, n]) => `${label.padEnd(10)}${formatCount(n)}`)
      const total = [...reported].reduce((sum, label) => sum + get(label), 0)
      const hidden = total - shown.length
      const more = hidden > 0 ? [`… and ${formatCount(hidden)} more`] : []
      return [...shown, ...more, ...lines, `${'seconds'.padEnd(10)}${seconds.toFixed(1)}`].join(
        '\n',
      )
    },
  }
}

/** Formats 3201 as "3,201". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

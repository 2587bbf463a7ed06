/** How many refusals are shown with their reasons; the rest are counted. */
const refusalsShownMax = 20

/** Counts what a program does, for its last words. */
export interface Summary {
  count(label: string, by?: number): void
  /** Counts a refusal, and keeps the first few to show: where ("line 7") and why. */
  refuse(where: string, reason: string): void
  get(label: string): number
  /** The last words, several lines. */
  format(): string
}

/** Starts to count; the labels are shown in this order, each with its count, 0 included. */
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

/** 3201 → "3,201" */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** One measurement. */
export interface Sample {
  readonly case: string
  readonly peer: string
  readonly metric: string
  readonly unit: string
  readonly value: number
}

/** All measurements of one metric of a peer. */
export interface Figure {
  readonly case: string
  readonly peer: string
  readonly metric: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly unit: string
}

/** Summarises samples by case and metric, in the order of the samples. */
export function toFigures(samples: readonly Sample[]): Figure[] {
  const cases = Map.groupBy(samples, (sample) => sample.case)
  return [...cases].flatMap(([name, ofCase]) =>
    [...Map.groupBy(ofCase, ({ metric }) => metric)].flatMap(([metric, ofMetric]) =>
      [...Map.groupBy(ofMetric, ({ peer }) => peer)].map(([peer, group]) => {
        const spread = toSpread(group.map(({ value }) => value))
        return { case: name, peer, metric, ...spread, unit: group[0]?.unit ?? '' }
      }),
    ),
  )
}

/** Returns the median of values, with the smallest and the largest. */
export function toSpread(values: readonly number[]): Pick<Figure, 'median' | 'min' | 'max'> {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  const median = middle.reduce((a, b) => a + b, 0) / middle.length
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

const header = ['case', 'metric', 'peer', 'median', 'min', 'max', 'unit', 'to marquee-bun']

/** Formats figures as a Markdown table, with the ratio of each to Marquee on Bun. */
export function toTable(figures: readonly Figure[]): string {
  const base = (figure: Figure) =>
    figures.find(
      ({ case: name, metric, peer }) =>
        name === figure.case && metric === figure.metric && peer === 'marquee-bun',
    )
  const rows = figures.map((figure) => {
    const { case: name, metric, peer, median, min, max, unit } = figure
    const ratio = median / (base(figure)?.median ?? Number.NaN)
    const shown = Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)} ×`
    return [name, metric, peer, round(median), round(min), round(max), unit, shown]
  })
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(header), rule, ...rows.map(line)].join('\n')
}

/** Formats a number with about three digits. */
export function round(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}

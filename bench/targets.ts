import { ownName } from './bench.ts'
import { type Figure, round } from './figures.ts'

/**
 * A target for Marquee: a multiple of a peer's figure, a maximum, or a maximum above another
 * figure.
 */
type Target = {
  readonly case: string
  readonly metric: string
  /** Peer that it is for. Default: `marquee-bun`. */
  readonly peer?: string
} & (
  | { readonly factor: number; readonly rival: string }
  | { readonly max: number; readonly above?: string }
)

const cpu = 'cpu_us_per_call'
const p99 = 'p99_ms'

const targets: readonly Target[] = [
  { case: 'grpc-unary', metric: cpu, factor: 0.5, rival: 'grpc-go' },
  { case: 'grpc-unary', metric: cpu, factor: 1 / 20, rival: 'connect-node-bun' },
  { case: 'grpc-unary', metric: cpu, peer: 'marquee-node', factor: 0.6, rival: 'grpc-go' },
  { case: 'grpc-unary', metric: cpu, peer: 'marquee-deno', factor: 0.6, rival: 'grpc-go' },
  { case: 'connect-json-h1', metric: cpu, factor: 1.3, rival: 'hono-bun' },
  { case: 'connect-json-h2', metric: cpu, factor: 1.3, rival: 'hono-bun' },
  { case: 'grpc-stream', metric: cpu, factor: 0.6, rival: 'grpc-go' },
  { case: 'grpc-1mib', metric: cpu, factor: 1, rival: 'grpc-go' },
  // 32 calls in flight are 64 MiB of messages.
  { case: 'grpc-1mib', metric: 'rss_peak_mb', max: 200 },
  { case: 'movie-details', metric: cpu, factor: 0.5, rival: 'grpc-go' },
  { case: 'idle-connections', metric: 'kb_per_connection', max: 5 },
  { case: 'idle-connections', metric: 'cpu_ms_per_s', above: 'cpu_ms_per_s_without', max: 0.2 },
  { case: 'tracing', metric: 'cpu_us_sampled_out', above: cpu, max: 3 },
  { case: 'tracing', metric: 'cpu_us_sampled_in', above: cpu, max: 10 },
  { case: 'grpc-unary', metric: p99, factor: 0.8, rival: 'grpc-go' },
  { case: 'grpc-stream', metric: p99, factor: 0.8, rival: 'grpc-go' },
  { case: 'grpc-1mib', metric: p99, factor: 0.8, rival: 'grpc-go' },
  { case: 'movie-details', metric: p99, factor: 0.8, rival: 'grpc-go' },
  { case: 'viewers', metric: 'put_p99_ms', max: 250 },
  { case: 'fan-out', metric: 'seen_p99_ms', max: 100 },
  { case: 'fan-out', metric: 'reads_per_change', max: 1 },
  ...['ListMetadata', 'ListMetadata-retried', 'GetMetadata', 'ListMovies'].flatMap((name) => [
    { case: `overload ${name}`, metric: 'lost_goodput', max: 10 },
    { case: `overload ${name}`, metric: 'p99_to_unloaded', max: 3 },
    { case: `overload ${name}`, metric: 'readyz_missed', max: 0 },
  ]),
  { case: 'page', metric: 'script_bytes', max: 64_000 },
  { case: 'page', metric: 'first_movie_ms', max: 300 },
  { case: 'page', metric: 'list_lcp_ms', max: 1_800 },
  { case: 'page', metric: 'try_lcp_ms', max: 2_200 },
  { case: 'page', metric: 'worst_interaction_ms', max: 200 },
  { case: 'page', metric: 'list_longest_frame_ms', max: 50 },
  { case: 'page', metric: 'movie_longest_frame_ms', max: 50 },
]

/** Returns a line for each target that was measured, with how far it is reached. */
export function toTargetLines(figures: readonly Figure[]): string[] {
  return targets.flatMap((target) => {
    const figureOf = (peer: string, metric = target.metric) =>
      figures.find((one) => one.case === target.case && one.metric === metric && one.peer === peer)
    const { peer = ownName } = target
    const own = figureOf(peer)
    if (own === undefined) return []
    const what = `${target.case} ${target.metric}${peer === ownName ? '' : ` of ${peer}`}`
    if ('max' in target) {
      const { max, above } = target
      const value = own.median - (above ? (figureOf(ownName, above)?.median ?? 0) : 0)
      const bound = above ? `${above} + ${max}` : `${max}`
      const shown = `${round(value)} ${own.unit}${above ? ' more' : ''}`
      return [`${what} ≤ ${bound}: ${shown}, ${verdict(value, max)}`]
    }
    const rival = figureOf(target.rival)
    if (rival === undefined) return []
    const ratio = own.median / rival.median
    const rate = target.metric === p99 ? figureOf(ownName, 'rate_per_s') : undefined
    const at = rate ? ` at ${Math.round(rate.median)} calls a second` : ''
    const pair = `${round(own.median)} / ${round(rival.median)} ${own.unit}${at}`
    const shown = `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} (${pair}), ${verdict(ratio, target.factor)}`
    return [`${what} ≤ ${target.factor} × ${target.rival}: ${shown}`]
  })
}

function verdict(value: number, max: number): string {
  return value <= max ? 'reached' : 'SHORT'
}

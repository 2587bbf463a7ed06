import { join } from 'node:path'
import { createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import {
  type OtlpCollector,
  type ReceivedSpan,
  startOtlpCollector,
} from '@marquee/testing/otlp-collector'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'

/** A movie of the demo catalogue, which the services start with. */
export const movieId = 'the-matrix-1999'
export const rated = { recordId: movieId, recordType: 'movie' }

/** The three services in one process, with the collector of their spans. */
export interface TracedServices extends AsyncDisposable {
  readonly program: Program
  readonly collector: OtlpCollector
  readonly movieUrl: string
  readonly ratingUrl: string
  readonly transport: Transport
  readonly eventLog: string
}

/** Starts the services, with one rating. Spans are exported at once. */
export async function startTraced(
  runtime: RuntimeName,
  ...flags: string[]
): Promise<TracedServices> {
  await using stack = new AsyncDisposableStack()
  const collector = stack.use(await startOtlpCollector())
  const { path: data } = stack.use(await temporaryFolder())
  const ports = ['metadata', 'rating', 'movie'].flatMap((service) => [`--port-${service}`, '0'])
  const program = stack.use(
    await spawnProgram({
      runtime,
      entry: 'services/dev.ts',
      args: [...ports, '--data', data, '--log-level', 'info', '--log-format', 'json', ...flags],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
    }),
  )
  const [, movieUrl = ''] = await program.waitForLine(/^ {2}movie +(http\S+)$/m, 40_000)
  const [, ratingUrl = ''] = await program.waitForLine(/^ {2}rating +(http\S+)$/m)
  const transport = createConnectTransport({ baseUrl: movieUrl })
  await putRating(ratingUrl)
  await waitFor(() => isComplete(transport), { what: 'a movie with its rating' })
  const owned = stack.move()
  return {
    ...{ program, collector, movieUrl, ratingUrl, transport, eventLog: join(data, 'events.db') },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function putRating(baseUrl: string): Promise<void> {
  const client = createClient(RatingService, createConnectTransport({ baseUrl }))
  await client.putRating({ ...rated, userId: 'ada', value: 4 })
}

/** The first calls of a process are slow, and may be late with the rating. */
async function isComplete(transport: Transport): Promise<boolean> {
  const client = createClient(MovieService, transport)
  const { movieDetails } = await client.getMovieDetails({ movieId })
  return movieDetails?.ratingStatus === RatingStatus.RATED
}

/** Resolves with the spans of a trace, when there are at least `count`. */
export async function spansOf(
  { collector }: TracedServices,
  traceId: string,
  count: number,
): Promise<readonly ReceivedSpan[]> {
  const received = () => collector.spans.filter((span) => span.traceId === traceId)
  await waitFor(() => received().length >= count, { what: `${count} spans of the trace` })
  return received()
}

/** Returns a trace as lines: a child is indented below its parent, siblings are sorted by name. */
export function outline(spans: readonly ReceivedSpan[]): string[] {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const below = (isChild: (span: ReceivedSpan) => boolean): string[] =>
    spans
      .filter(isChild)
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .flatMap(({ service, kind, name, spanId }) => [
        `${service} ${kind} ${name}`,
        ...below(({ parentSpanId }) => parentSpanId === spanId).map((line) => `  ${line}`),
      ])
  return below(({ parentSpanId }) => !known.has(parentSpanId))
}

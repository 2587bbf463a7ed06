import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createGrpcWebTransport } from '@connectrpc/connect-web'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { movieId, startTraced } from './traced-services.ts'

const ofEveryService = [
  'marquee_admission_in_flight gauge',
  'marquee_admission_limit gauge',
  'marquee_admission_overloaded gauge',
  'marquee_admission_refused_total counter',
  'marquee_admission_streams gauge',
  'marquee_admission_waiting gauge',
  'marquee_call_duration_seconds histogram',
  'marquee_calls_in_flight gauge',
  'marquee_calls_total counter',
  'marquee_connections gauge',
  'marquee_connections_max gauge',
  'marquee_connections_refused_total counter',
  'marquee_discovery_errors_total counter',
  'marquee_discovery_instances gauge',
  'marquee_discovery_registrations_total counter',
  'marquee_discovery_snapshot_age_seconds gauge',
  'marquee_event_loop_delay_seconds histogram',
  'marquee_memory_budget_bytes gauge',
  'marquee_memory_held_bytes gauge',
  'marquee_memory_refusals_total counter',
  'process_cpu_seconds_total counter',
  'process_max_fds gauge',
  'process_open_fds gauge',
  'process_resident_memory_bytes gauge',
  'process_start_time_seconds gauge',
]
const ofRating = [
  'marquee_database_failures_total counter',
  'marquee_feed_outbox_bytes gauge',
  'marquee_feed_records_total counter',
  'marquee_feed_state gauge',
  'marquee_ingest_changes_total counter',
  'marquee_ingest_dead_letters_total counter',
  'marquee_ingest_lag_events gauge',
  'marquee_ingest_last_poll_timestamp_seconds gauge',
  'marquee_ingest_restarts_total counter',
  'marquee_ingest_state gauge',
]

test('the metrics are exactly these, with one series for each method, protocol and code', async () => {
  await using services = await startTraced('bun')
  const { movieUrl, ratingUrl } = services
  const movies = createClient(MovieService, createGrpcWebTransport({ baseUrl: movieUrl }))
  for (const id of [movieId, movieId, 'unknown', 'unknown too']) {
    await movies.getMovieDetails({ movieId: id }).catch(() => {})
  }
  await fetch(`${movieUrl}/movie?id=${movieId}`)
  await fetch(`${movieUrl}/movie?id=unknown`)
  for (const path of ['one', 'two', 'three']) await fetch(`${movieUrl}/nowhere/${path}`)
  const text = await readMetrics(movieUrl)
  expect(typesIn(text)).toEqual(ofEveryService)
  expect(typesIn(await readMetrics(ratingUrl))).toEqual([...ofEveryService, ...ofRating].toSorted())
  // The method of a path that is not served is not a label: any client could make new ones.
  const calls = text.matchAll(/^marquee_calls_total\{(.*)\} (\d+)$/gm)
  const counts = Object.fromEntries(Array.from(calls, ([, labels, count]) => [labels, count]))
  delete counts['protocol="rest",method="GET /readyz",code="ok"']
  delete counts['protocol="connect",method="movie.v1.MovieService/GetMovieDetails",code="ok"']
  expect(counts).toEqual({
    'protocol="grpc-web",method="movie.v1.MovieService/GetMovieDetails",code="ok"': '2',
    'protocol="grpc-web",method="movie.v1.MovieService/GetMovieDetails",code="not_found"': '2',
    'protocol="rest",method="GET /movie",code="ok"': '1',
    'protocol="rest",method="GET /movie",code="not_found"': '1',
    'protocol="rest",method="unknown",code="unimplemented"': '3',
  })
}, 90_000)

async function readMetrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

function typesIn(text: string): string[] {
  return Array.from(text.matchAll(/^# TYPE (.*)$/gm), ([, type = '']) => type).toSorted()
}

/** Series by which an alert of `ops/alerts.yaml` fires, in the notation of promtool. */
export interface Firing {
  readonly series: Readonly<Record<string, string>>
  /** Labels of the alert beside its severity. Default: those of `labels`. */
  readonly labels?: Readonly<Record<string, string>>
}

const of = 'job="marquee",instance="a"'
/** Labels that `of` stands for. */
export const labels = { job: 'marquee', instance: 'a' }
const job = { job: 'marquee' }

/** A series for each alert. Samples are a minute apart, and there are thirty. */
export const firing: Readonly<Record<string, Firing>> = {
  MarqueeDown: { series: { [`up{${of}}`]: '0x30' } },
  MarqueeErrors: {
    series: {
      [`marquee_calls_total{${of},code="ok"}`]: '0+900x30',
      [`marquee_calls_total{${of},code="internal"}`]: '0+100x30',
    },
  },
  MarqueeSlow: {
    series: {
      [`marquee_call_duration_seconds_bucket{${of},method="a/Get",le="0.25"}`]: '0+10x30',
      [`marquee_call_duration_seconds_bucket{${of},method="a/Get",le="1"}`]: '0+100x30',
      [`marquee_call_duration_seconds_bucket{${of},method="a/Get",le="+Inf"}`]: '0+100x30',
    },
  },
  MarqueeOverloaded: {
    series: { [`marquee_admission_refused_total{${of},reason="overloaded"}`]: '0+120x30' },
  },
  MarqueeMemoryShort: {
    series: { [`marquee_memory_refusals_total{${of},kind="shed"}`]: '0+60x30' },
  },
  MarqueeConnectionsNearMax: {
    series: {
      [`marquee_connections{${of}}`]: '90x30',
      [`marquee_connections_max{${of}}`]: '100x30',
    },
  },
  MarqueeFilesNearMax: {
    series: { [`process_open_fds{${of}}`]: '90x30', [`process_max_fds{${of}}`]: '100x30' },
  },
  MarqueeEventLoopLate: {
    series: {
      [`marquee_event_loop_delay_seconds_sum{${of}}`]: '0+48x30',
      [`marquee_event_loop_delay_seconds_count{${of}}`]: '0+240x30',
    },
  },
  MarqueeIngestStopped: {
    series: {
      [`marquee_ingest_state{${of},state="running"}`]: '0x30',
      [`marquee_ingest_state{${of},state="blocked"}`]: '1x30',
    },
    labels: job,
  },
  MarqueeIngestBehind: {
    series: {
      [`marquee_ingest_lag_events{${of},partition="0"}`]: '60000x30',
      [`marquee_ingest_lag_events{${of},partition="1"}`]: '60000x30',
    },
    labels: job,
  },
  MarqueeDeadLetters: {
    series: { [`marquee_ingest_dead_letters_total{${of}}`]: '0+1x30' },
    labels: job,
  },
  MarqueeDatabaseFailures: {
    series: { [`marquee_database_failures_total{${of},kind="full"}`]: '0+1x30' },
    labels: { ...labels, kind: 'full' },
  },
  MarqueeDiscoveryStale: {
    series: { [`marquee_discovery_snapshot_age_seconds{${of},service="rating"}`]: '180x30' },
    labels: { ...labels, service: 'rating' },
  },
}

/** Series of a healthy service, by which no alert fires. */
export const healthy: Readonly<Record<string, string>> = {
  [`up{${of}}`]: '1x30',
  [`marquee_calls_total{${of},code="ok"}`]: '0+1000x30',
  [`marquee_calls_total{${of},code="not_found"}`]: '0+1000x30',
  [`marquee_call_duration_seconds_bucket{${of},method="a/Get",le="0.25"}`]: '0+100x30',
  [`marquee_call_duration_seconds_bucket{${of},method="a/Get",le="+Inf"}`]: '0+100x30',
  [`marquee_call_duration_seconds_bucket{${of},method="a/WatchAll",le="0.25"}`]: '0x30',
  [`marquee_call_duration_seconds_bucket{${of},method="a/WatchAll",le="+Inf"}`]: '0+100x30',
  [`marquee_admission_refused_total{${of},reason="overloaded"}`]: '7x30',
  [`marquee_memory_refusals_total{${of},kind="shed"}`]: '7x30',
  [`marquee_connections{${of}}`]: '10x30',
  [`marquee_connections_max{${of}}`]: '100x30',
  [`process_open_fds{${of}}`]: '10x30',
  [`process_max_fds{${of}}`]: '100x30',
  [`marquee_event_loop_delay_seconds_sum{${of}}`]: '0+0.2x30',
  [`marquee_event_loop_delay_seconds_count{${of}}`]: '0+240x30',
  [`marquee_ingest_state{${of},state="running"}`]: '1x30',
  'marquee_ingest_state{job="marquee",instance="b",state="running"}': '0x30',
  [`marquee_ingest_lag_events{${of},partition="0"}`]: '10x30',
  [`marquee_ingest_dead_letters_total{${of}}`]: '3x30',
  [`marquee_database_failures_total{${of},kind="full"}`]: '1x30',
  [`marquee_discovery_snapshot_age_seconds{${of},service="rating"}`]: '1x30',
}

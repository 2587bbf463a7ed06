import type { Allowance } from '../token-bucket.ts'

/** Every bound of admission: what it is, and what it is against. */
export interface AdmissionLimits {
  /**
   * How long handlers may run in one event-loop turn before sockets are read and written again, in milliseconds: a
   * probe waits no longer for its turn. One call always runs.
   */
  readonly sliceMs: number
  /**
   * How long calls may wait for their start without being a sign of overload, in milliseconds. The time of ten calls where
   * that is more.
   */
  readonly patienceMs: number
  /**
   * For how long waits have to be longer than that before the service counts as overloaded, in milliseconds, and the
   * newest calls start first.
   */
  readonly lastsMs: number
  /** The same before calls are refused: a burst, or the first calls of a process, are no reason to. */
  readonly refusesAfterMs: number
  /** Calls that wait without being an overload however long they do, up to ten times the patience. */
  readonly queueMin: number
  /**
   * How long a call may wait once calls are refused, in milliseconds; longer waits are. The time of
   * two calls where that is more.
   */
  readonly waitMs: number
  /** Calls that wait. Of more, the one that has waited longest is refused. Bounds memory before it bounds time. */
  readonly waitingMax: number
  /** Unary calls in flight: where the limit starts, and the values it stays between. */
  readonly inFlightInitial: number
  readonly inFlightMin: number
  readonly inFlightMax: number
  /** How far the limit falls when the processor is the bottleneck: so many calls keep it busy. */
  readonly busyInFlightMin: number
  /** Streams in flight. More are refused. */
  readonly streamsMax: number
  /** Probes that start at once. More of them wait as other calls do, so that they are no way around the limits. */
  readonly probes: Allowance
}

/** Default bounds. */
export const admissionLimits: AdmissionLimits = {
  sliceMs: 10,
  patienceMs: 100,
  lastsMs: 1_000,
  refusesAfterMs: 3_000,
  queueMin: 100,
  waitMs: 20,
  waitingMax: 4_096,
  inFlightInitial: 512,
  inFlightMin: 32,
  inFlightMax: 4_096,
  busyInFlightMin: 4,
  streamsMax: 20_000,
  probes: { burst: 200, perSecond: 100 },
}

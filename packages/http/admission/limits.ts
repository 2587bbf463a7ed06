import type { Allowance } from '../token-bucket.ts'

/** Limits of admission, and what each one protects. */
export interface AdmissionLimits {
  /**
   * Time that handlers may run in one event-loop tick before sockets are read and written again, in
   * milliseconds. A probe waits about as long. At least one call runs. Default: 10.
   */
  readonly sliceMs: number
  /**
   * Longest wait that is no sign of overload, in milliseconds, or the time of ten calls when that
   * is longer. Default: 100.
   */
  readonly patienceMs: number
  /**
   * Time for which waits must exceed `patienceMs` before the service counts as overloaded and the
   * newest calls start first, in milliseconds. Default: 1,000.
   */
  readonly lastsMs: number
  /**
   * Time for which waits must exceed `patienceMs` before calls are refused, in milliseconds. A
   * burst or the first calls of a process are no reason to refuse. Default: 3,000.
   */
  readonly refusesAfterMs: number
  /**
   * Number of waiting calls that is no overload, unless they wait for ten times `patienceMs`.
   * Default: 100.
   */
  readonly queueMin: number
  /**
   * Longest wait while calls are refused, in milliseconds, or the time of two calls when that is
   * longer. Default: 20.
   */
  readonly waitMs: number
  /**
   * Most waiting calls. Beyond it, the call that has waited longest is refused. Limits memory.
   * Default: 4,096.
   */
  readonly waitingMax: number
  /** Unary calls in flight: the initial limit, and its range. Defaults: 512, 32 to 4,096. */
  readonly inFlightInitial: number
  readonly inFlightMin: number
  readonly inFlightMax: number
  /**
   * Lowest limit of unary calls in flight when the processor is the bottleneck: so few keep it
   * busy. Default: 4.
   */
  readonly busyInFlightMin: number
  /** Most streams in flight. More are refused. Default: 20,000. */
  readonly streamsMax: number
  /**
   * Probes that start at once. Further probes wait like other calls, so that they do not bypass the
   * limits. Default: a burst of 200, and 100 a second.
   */
  readonly probes: Allowance
}

/** Default limits. */
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

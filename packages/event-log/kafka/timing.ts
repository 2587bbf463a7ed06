/** Timing of a consumer in its group. All times are in milliseconds. */
export interface GroupTiming {
  /** Time without heartbeat after which the group reassigns a consumer's partitions. */
  readonly sessionTimeoutMs: number
  /** Time that the group waits for a consumer to finish its batch during a rebalance. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Time that a broker waits for records when there are none. */
  readonly pollWaitMs: number
  /** Interval at which positions are committed, and the ends of partitions requested. */
  readonly commitIntervalMs: number
  /**
   * Time without a poll after which a consumer that has partitions, and no batch in flight, is
   * restarted.
   */
  readonly silenceMaxMs: number
}

export const groupTiming: GroupTiming = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  heartbeatIntervalMs: 500,
  pollWaitMs: 250,
  commitIntervalMs: 1_000,
  silenceMaxMs: 30_000,
}

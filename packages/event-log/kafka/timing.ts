/** How a consumer takes its part in the group. Every time in milliseconds. */
export interface GroupTiming {
  /** Without a sign of life for this long, the group gives a consumer's partitions to others. */
  readonly sessionTimeoutMs: number
  /** How long the group waits for a consumer to finish its batch when partitions are assigned again. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** How long a broker holds a question for records when there are none. */
  readonly pollWaitMs: number
  /** How often positions are committed to the group, and the ends of partitions asked for. */
  readonly commitIntervalMs: number
  /** A consumer that has polled nothing for this long while it has partitions, and handles none, is restarted. */
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

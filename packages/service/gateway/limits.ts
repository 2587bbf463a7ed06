/** Limits of forwarded calls. The service applies its own in addition. */
export interface GatewayLimits {
  /** Maximum time until a stream to an instance opens, connecting included, in milliseconds. */
  readonly openTimeoutMs: number
  /**
   * Maximum wait for `100 Continue` of an instance, in milliseconds. The body is then requested
   * anyway.
   */
  readonly continueTimeoutMs: number
  /** Maximum number of tries, as long as no instance can have acted on the call. */
  readonly triesMax: number
  /** Maximum size of a request body that can be sent again to another instance, in bytes. */
  readonly replayBytesMax: number
  /** Time limit of a unary call whose client sets no earlier deadline, in milliseconds. */
  readonly unaryTimeoutMs: number
  /**
   * Time after the deadline in which the service can still respond with its own error, in
   * milliseconds.
   */
  readonly graceMs: number
  /** Time after which a silent stream ends, in milliseconds. It may take up to twice as long. */
  readonly quietTimeoutMs: number
}

/** Defaults. */
export const gatewayLimits: GatewayLimits = {
  openTimeoutMs: 6_000,
  continueTimeoutMs: 1_000,
  triesMax: 3,
  replayBytesMax: 64 * 1024,
  unaryTimeoutMs: 30_000,
  graceMs: 1_000,
  quietTimeoutMs: 3_600_000,
}

/** The bounds of calls that are forwarded, beside those that the service itself has. */
export interface GatewayLimits {
  /** How long a call may wait for a stream to an instance, connecting included. */
  readonly openTimeoutMs: number
  /** How long a body that its client holds back waits for an instance to ask for it, before it is fetched unasked. */
  readonly continueTimeoutMs: number
  /** Instances that are tried one after the other, while none can have acted on the call. */
  readonly triesMax: number
  /** Of a request's body, what is kept to be sent again to another instance. */
  readonly replayBytesMax: number
  /** How long a unary call may take whose client sets no earlier deadline. */
  readonly unaryTimeoutMs: number
  /** What a call may take beyond its deadline, so that the service tells of it first, and better. */
  readonly graceMs: number
  /** How long nothing may come on a stream, either way; up to twice as long. */
  readonly quietTimeoutMs: number
}

/** The bounds unless told otherwise. */
export const gatewayLimits: GatewayLimits = {
  openTimeoutMs: 6_000,
  continueTimeoutMs: 1_000,
  triesMax: 3,
  replayBytesMax: 64 * 1024,
  unaryTimeoutMs: 30_000,
  graceMs: 1_000,
  quietTimeoutMs: 3_600_000,
}

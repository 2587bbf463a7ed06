/** The bounds of calls. */
export interface RpcLimits {
  /** Bytes of one message, as it is sent and when it is unpacked. */
  readonly messageBytesMax: number
  /** How long a unary call may take, its request included, when its client sets no earlier deadline. */
  readonly unaryTimeoutMs: number
  /** How long a request's body may go without a byte; a conversation (bidi) may pause while its client stays. */
  readonly bodyIdleTimeoutMs: number
  /**
   * How long a stream that tells states may be quiet until the last one is sent again. Undefined for ever. Proxies close
   * what is quiet: HAProxy as Debian configures it after 50 s, nginx and many load balancers after 60 s.
   */
  readonly heartbeatMs: number | undefined
}

/** The bounds unless told otherwise. */
export const rpcLimits: RpcLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  unaryTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 60_000,
  heartbeatMs: 25_000,
}

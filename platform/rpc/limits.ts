/** The bounds of calls. */
export interface RpcLimits {
  /** Bytes of one message, as it is sent and when it is unpacked. */
  readonly messageBytesMax: number
  /** How long a unary call may take, its request included, when its client sets no earlier deadline. */
  readonly unaryTimeoutMs: number
  /** How long a request's body may go without a byte; a conversation (bidi) may pause while its client stays. */
  readonly bodyIdleTimeoutMs: number
}

/** The bounds unless told otherwise. */
export const rpcLimits: RpcLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  unaryTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 60_000,
}

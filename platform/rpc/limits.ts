/** The bounds of calls. */
export interface RpcLimits {
  /** Bytes of one message, as it is sent and when it is unpacked. */
  readonly messageBytesMax: number
  /** How long a unary call may take when its client sets no earlier deadline. */
  readonly unaryTimeoutMs: number
}

export const rpcLimits: RpcLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  unaryTimeoutMs: 30_000,
}

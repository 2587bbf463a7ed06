/** Thrown by `handle` when the position that the batch was read from is no longer valid. */
export class PositionLostError extends Error {
  override readonly name: string = 'PositionLostError'
}

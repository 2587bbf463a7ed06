/** Thrown by `handle` when the position that the batch was read from does not count any more. */
export class PositionLostError extends Error {
  override readonly name: string = 'PositionLostError'
}

import { PositionLostError } from '@marquee/event-log/position-lost'

/** Thrown for events of another log than the one whose positions are stored. */
export class OtherLogError extends PositionLostError {
  override readonly name = 'OtherLogError'
}

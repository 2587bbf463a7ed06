/** A star with five points, in a box of 24 by 24. */
const shape =
  'M12.0 2.6L14.6 9.2L21.7 9.6L16.3 14.2L18.0 21.1L12.0 17.3L6.0 21.1L7.7 14.2L2.3 9.6L9.4 9.2z'

/** @param filled Part of the star that is filled: 0 or less for none, 1 or more for all. */
export function StarShape({ filled }: { filled: number }) {
  return (
    <svg class="star-shape" viewBox="0 0 24 24" aria-hidden="true">
      <path class="star-line" d={shape} />
      <path class="star-fill" d={shape} style={{ '--filled': Math.min(1, Math.max(0, filled)) }} />
    </svg>
  )
}

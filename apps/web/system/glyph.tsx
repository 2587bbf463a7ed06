import type { Health } from './health.ts'

/** A symbol of health, by form as well as colour. */
export function Glyph({ health }: { health: Health }) {
  return (
    <svg
      class="glyph"
      data-health={health}
      viewBox="-8 -8 16 16"
      width="14"
      height="14"
      aria-hidden="true"
    >
      <Shape health={health} />
    </svg>
  )
}

function Shape({ health }: { health: Health }) {
  if (health === 'serving') return <circle class="glyph-fill" r={6} />
  if (health === 'not-serving') return <path class="glyph-fill" d="M0-7 7.500 6h-15Z" />
  if (health === 'unreachable') return <path class="glyph-line" d="M-5-5 5 5M5-5-5 5" />
  return <circle class="glyph-line" r={5} />
}

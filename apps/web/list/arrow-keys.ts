/** Position of a card, in pixels. */
interface Place {
  readonly left: number
  readonly top: number
}

/**
 * Index of the card that an arrow key leads to, or undefined at an edge. Cards are in reading order,
 * and the cards of a row have the same top.
 */
export function neighbour(places: readonly Place[], from: number, key: string): number | undefined {
  const here = places[from]
  if (!here) return undefined
  if (key === 'ArrowLeft') return from > 0 ? from - 1 : undefined
  if (key === 'ArrowRight') return from < places.length - 1 ? from + 1 : undefined
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined
  const down = key === 'ArrowDown'
  const beyond = places.filter(({ top }) => (down ? top > here.top : top < here.top))
  const tops = beyond.map(({ top }) => top)
  const row = down ? Math.min(...tops) : Math.max(...tops)
  const inRow = beyond.filter(({ top }) => top === row)
  const nearest = inRow.toSorted(
    (one, other) => Math.abs(one.left - here.left) - Math.abs(other.left - here.left),
  )[0]
  return nearest ? places.indexOf(nearest) : undefined
}

/** Moves focus from card to card by the arrow keys. Ignores other keys, and arrows elsewhere. */
export function moveFocusByArrow(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement
  const links = [...list.querySelectorAll<HTMLElement>('.card-link')]
  const from = links.indexOf(event.target as HTMLElement)
  if (from < 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const to = neighbour(
    links.map((link) => link.getBoundingClientRect()),
    from,
    event.key,
  )
  if (to === undefined) return
  event.preventDefault()
  links[to]?.focus()
}

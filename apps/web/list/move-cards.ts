import { useLayoutEffect, useRef } from 'preact/hooks'

/** Duration of the movement of a card to its new place, in milliseconds. */
const moveMs = 200

/**
 * Moves the cards of a list visibly when they change their places (FLIP: first, last, invert, play).
 * Returns a function that remembers the places, for the next time that the movies change.
 */
export function useMovedCards(
  list: { readonly current: HTMLElement | null },
  movies: readonly unknown[],
): { readonly remember: () => void } {
  const before = useRef<ReadonlyMap<string, DOMRect>>(undefined)
  useLayoutEffect(() => {
    const { current: first } = before
    before.current = undefined
    if (first && list.current) playMoves(list.current, first)
  }, [movies])
  const remember = () => {
    if (list.current)
      before.current = new Map(placesOf(list.current).map(([path, place]) => [path, place]))
  }
  return { remember }
}

function playMoves(list: HTMLElement, first: ReadonlyMap<string, DOMRect>): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
  for (const [path, now, card] of placesOf(list)) {
    const was = first.get(path)
    if (!was || !(isVisible(was) || isVisible(now))) continue
    const [x, y] = [was.x - now.x, was.y - now.y]
    if (x === 0 && y === 0) continue
    const from = { transform: `translate(${x}px, ${y}px)` }
    card.animate([from, { transform: 'none' }], {
      id: 'move',
      duration: moveMs,
      easing: 'ease-out',
    })
  }
}

/** The cards of a list with the paths of their movies. */
function placesOf(list: HTMLElement): (readonly [string, DOMRect, HTMLElement])[] {
  return [...list.querySelectorAll<HTMLElement>('.card')].map((card) => {
    const path = card.querySelector('a')?.getAttribute('href') ?? ''
    return [path, card.getBoundingClientRect(), card] as const
  })
}

function isVisible({ top, bottom }: DOMRect): boolean {
  return bottom > 0 && top < innerHeight
}

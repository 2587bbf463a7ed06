import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import type { PageProps } from '../page-props.ts'
import { valueText } from './aggregate.ts'
import type { Value } from './own-rating.ts'
import { rateMovie } from './rate-movie.ts'
import { type Scale, type Star, starsOf } from './scale.ts'
import { StarChoice } from './star-choice.tsx'
import { StarShape } from './stars.tsx'
import { ValueSelect } from './value-select.tsx'

interface RateControlProps {
  readonly movie: Movie
  readonly page: PageProps
}

/** The person's own rating of a movie in a list, with a button that opens the choice. */
export function RateControl({ movie, page }: RateControlProps) {
  const scale = page.ratingCache.scale.value
  const own = page.ownRatings.of(movie.id).value.wanted
  const rate = (value: Value | undefined) => rateMovie(page, movie, value)
  const stars = starsOf(scale)
  if (!stars) {
    return <ValueSelect label={`Rate ${movie.title}`} scale={scale} own={own} rate={rate} />
  }
  return <StarControl movie={movie} scale={scale} stars={stars} own={own} rate={rate} />
}

interface StarControlProps {
  readonly movie: Movie
  readonly scale: Scale
  readonly stars: readonly Star[]
  readonly own: Value | undefined
  readonly rate: (value: Value | undefined) => void
}

/** `hover` while a mouse points at it; `open` after a click, until the focus leaves. */
type State = 'closed' | 'hover' | 'open'

function StarControl({ movie, scale, stars, own, rate }: StarControlProps) {
  const element = useRef<HTMLDivElement>(null)
  const state = useSignal<State>('closed')
  const hover = (next: State) => (event: PointerEvent) => {
    if (event.pointerType === 'mouse' && state.peek() !== 'open') state.value = next
  }
  const focus = (selector: string) => {
    element.current?.querySelector<HTMLElement>(selector)?.focus()
  }
  useOpened(element, state.value)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside have the roles.
    <div
      ref={element}
      class="rate-control"
      data-own={own}
      // What Safari does not focus by a click, such as a radio button, gives the focus to this.
      tabIndex={-1}
      onPointerLeave={hover('closed')}
      onFocusOut={({ relatedTarget }) => {
        if (!element.current?.contains(relatedTarget as Node | null)) state.value = 'closed'
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || state.peek() === 'closed') return
        focus('.rate-open')
        state.value = 'closed'
      }}
    >
      {state.value === 'closed' ? null : (
        <fieldset class="rate-stars">
          <legend class="visually-hidden">Rate {movie.title}</legend>
          <StarChoice
            name={`rating-${movie.id}`}
            {...{ stars, scale, own, hasWords: false }}
            rate={rate}
          />
        </fieldset>
      )}
      <button
        type="button"
        class="rate-open"
        aria-expanded={state.value !== 'closed'}
        aria-label={
          own === undefined
            ? `Rate ${movie.title}`
            : `You: ${valueText(own, scale)} for ${movie.title}. Change it`
        }
        onPointerEnter={hover('hover')}
        onClick={({ detail }) => {
          // The second click of a double click does not close what the first one has opened.
          if (detail < 2) state.value = state.peek() === 'open' ? 'closed' : 'open'
        }}
      >
        <StarShape filled={own === undefined ? 0 : 1} />
        <span class="rate-word">{own ?? 'Rate'}</span>
      </button>
      {own === undefined ? null : (
        <button
          type="button"
          class="rate-remove"
          aria-label={`Remove your rating of ${movie.title}`}
          onClick={() => {
            rate(undefined)
            // Without a rating, this button is gone.
            focus(state.peek() === 'closed' ? '.rate-open' : 'input')
          }}
        >
          ×
        </button>
      )}
    </div>
  )
}

/** Places an opened choice where it is seen, and focuses its chosen or first star. */
function useOpened(element: { readonly current: HTMLElement | null }, state: State): void {
  useLayoutEffect(() => {
    const choice = element.current?.querySelector<HTMLElement>('.rate-stars')
    if (!choice) return
    keepInside(choice)
    if (state !== 'open') return
    const radios = [...choice.querySelectorAll<HTMLInputElement>('input')]
    ;(radios.find(({ checked }) => checked) ?? radios[0])?.focus()
  }, [state])
}

/** Space between the stars and the edges of the window, in pixels. */
const edgePx = 4

/**
 * Moves an element sideways, as far as it is beyond the edges of the window, and below its button
 * where something covers it above: the filters stay in view while the list scrolls.
 */
function keepInside(element: HTMLElement): void {
  element.style.translate = ''
  element.removeAttribute('data-below')
  const { left, right, top } = element.getBoundingClientRect()
  const tooFarRight = Math.max(0, right + edgePx - document.body.clientWidth)
  const tooFarLeft = Math.max(0, edgePx - left)
  if (tooFarLeft > 0 || tooFarRight > 0) element.style.translate = `${tooFarLeft - tooFarRight}px`
  const atTop = document.elementFromPoint(Math.max(left, edgePx) + 1, top + 1)
  element.toggleAttribute('data-below', !element.contains(atTop))
}

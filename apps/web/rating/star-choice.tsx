import { useSignal } from '@preact/signals'
import { valueText } from './aggregate.ts'
import type { Value } from './own-rating.ts'
import type { Scale, Star } from './scale.ts'
import { StarShape } from './stars.tsx'
import { ValueRadio } from './value-radio.tsx'

/** Meaning of the whole values on a scale of five stars. */
const words: ReadonlyMap<Value, string> = new Map([
  [1, 'Bad'],
  [2, 'Weak'],
  [3, 'Fine'],
  [4, 'Good'],
  [5, 'Great'],
])

interface StarChoiceProps {
  /** Name of the radio group. */
  readonly name: string
  readonly stars: readonly Star[]
  readonly scale: Scale
  readonly own: Value | undefined
  /** True when the pointed or chosen value is also shown in words. */
  readonly hasWords: boolean
  readonly rate: (value: Value | undefined) => void
}

/** Stars whose halves are radio buttons. */
export function StarChoice({ name, stars, scale, own, hasWords, rate }: StarChoiceProps) {
  const pointed = useSignal<Value | undefined>(undefined)
  const shown = pointed.value ?? own
  const choose = (value: Value | undefined) => {
    // What is shown is what was chosen, or what is left after a refusal.
    pointed.value = undefined
    rate(value)
  }
  const point = (value: Value | undefined) => (event: PointerEvent) => {
    // A finger points only while it taps.
    if (event.pointerType === 'mouse') pointed.value = value
  }
  return (
    <>
      <div class="stars" onPointerLeave={point(undefined)}>
        {stars.map(({ whole, choices }) => (
          <span key={whole} class="star">
            <StarShape filled={shown === undefined ? 0 : shown - (whole - 1)} />
            {choices.map((choice) => (
              <ValueRadio
                key={choice.value}
                name={name}
                choice={choice}
                scale={scale}
                word={wordOf(choice.value, scale)}
                own={own}
                rate={choose}
                onPointerEnter={point(choice.value)}
              />
            ))}
          </span>
        ))}
      </div>
      {hasWords ? (
        <p class="stars-words" aria-hidden="true">
          {shown === undefined
            ? ''
            : [valueText(shown, scale), wordOf(shown, scale) ?? []].flat().join(' · ')}
        </p>
      ) : null}
    </>
  )
}

function wordOf(value: Value, { max }: Scale): string | undefined {
  return max === 5 ? words.get(value) : undefined
}

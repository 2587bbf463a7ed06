import { valueText } from './aggregate.ts'
import type { Value } from './own-rating.ts'
import type { Scale, StarChoice } from './scale.ts'

interface ValueRadioProps {
  /** Name of the radio group. */
  readonly name: string
  readonly choice: StarChoice
  readonly scale: Scale
  /** Meaning of the value, in a word. */
  readonly word?: string | undefined
  readonly own: Value | undefined
  readonly rate: (value: Value | undefined) => void
  readonly onPointerEnter?: (event: PointerEvent) => void
}

/** The radio button of one value. A click on the person's own rating removes it. */
export function ValueRadio(props: ValueRadioProps) {
  const { name, choice, scale, word, own, rate, onPointerEnter } = props
  const { value, side } = choice
  const text = valueText(value, scale)
  return (
    <input
      type="radio"
      class="value-radio"
      data-side={side}
      name={name}
      aria-label={word ? `${text}: ${word}` : text}
      checked={own === value}
      onClick={(event) => {
        // A key clicks too, with a detail of 0: an arrow has already moved to another value.
        if (own === value && event.detail > 0) rate(undefined)
      }}
      onChange={() => rate(value)}
      onPointerEnter={onPointerEnter}
    />
  )
}

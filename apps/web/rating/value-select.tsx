import { valueText } from './aggregate.ts'
import type { Value } from './own-rating.ts'
import { type Scale, valuesOf } from './scale.ts'

interface ValueSelectProps {
  readonly label: string
  readonly scale: Scale
  readonly own: Value | undefined
  readonly rate: (value: Value | undefined) => void
}

/** A menu of all values, for a scale that has too many for radio buttons. */
export function ValueSelect({ label, scale, own, rate }: ValueSelectProps) {
  return (
    <select
      class="value-select"
      aria-label={label}
      data-own={own}
      value={own ?? ''}
      onChange={({ currentTarget: { value } }) => rate(value === '' ? undefined : Number(value))}
    >
      <option value="">{own === undefined ? 'Rate' : 'Remove rating'}</option>
      {valuesOf(scale)
        .toReversed()
        .map((value) => (
          <option key={value} value={value}>
            {valueText(value, scale)}
          </option>
        ))}
    </select>
  )
}

import type { DescField, JsonValue } from '@bufbuild/protobuf'
import { useContext, useId, useRef } from 'preact/hooks'
import { controlOf, initialValue } from './field-control.ts'
import { FormContext } from './form-context.ts'
import { ValueInput } from './value-input.tsx'
import { itemPath } from './violations.ts'

interface ListInputProps {
  readonly field: DescField
  readonly value: JsonValue | undefined
  /** Path of the field. */
  readonly path: string
  readonly onChange: (value: JsonValue | undefined) => void
}

/** Inputs for a repeated field. Without items, the field is unset. */
export function ListInput({ field, value, path, onChange }: ListInputProps) {
  const id = useId()
  const form = useContext(FormContext)
  const items = Array.isArray(value) ? value : []
  const control = controlOf(field)
  const add = useRef<HTMLButtonElement>(null)
  const change = (next: JsonValue[]) => onChange(next.length === 0 ? undefined : next)
  return (
    <div class="many">
      {items.map((item, index) => {
        const own = itemPath(path, index)
        const problems = form?.violations.get(own) ?? []
        return (
          <div key={index} class="many-item">
            <ValueInput
              control={control}
              value={item}
              id={`${id}-${index}`}
              label={`${field.name} ${index + 1}`}
              path={own}
              wrong={problems.length > 0}
              onChange={(next) => change(items.with(index, next))}
            />
            <RemoveButton
              what={`${field.name} ${index + 1}`}
              onClick={() => {
                change(items.toSpliced(index, 1))
                add.current?.focus()
              }}
            />
            <p class="field-problems">{problems.join(' · ')}</p>
          </div>
        )
      })}
      <button
        ref={add}
        type="button"
        class="small-button"
        onClick={() => change([...items, initialValue(control)])}
      >
        Add to {field.name}
      </button>
    </div>
  )
}

function RemoveButton({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <button
      type="button"
      class="small-button remove"
      aria-label={`Remove ${what}`}
      onClick={onClick}
    >
      <span aria-hidden="true">×</span>
    </button>
  )
}

import type { DescOneof } from '@bufbuild/protobuf'
import { useId } from 'preact/hooks'
import { type Draft, withField } from './draft.ts'
import { controlOf, initialValue } from './field-control.ts'
import { FieldRow } from './field-row.tsx'

interface OneofRowProps {
  readonly oneof: DescOneof
  readonly draft: Draft
  readonly path: string
  readonly onChange: (draft: Draft) => void
}

/** Fields of which one may be set: which, and its value. */
export function OneofRow({ oneof, draft, path, onChange }: OneofRowProps) {
  const id = useId()
  const chosen = oneof.fields.find((field) => draft[field.jsonName] !== undefined)
  const choose = (name: string) => {
    const cleared = oneof.fields.reduce((rest, f) => withField(rest, f.jsonName, undefined), draft)
    const field = oneof.fields.find((one) => one.name === name)
    const value = field && initialValue(controlOf(field))
    onChange(field ? withField(cleared, field.jsonName, value) : cleared)
  }
  return (
    <div class="field">
      <div class="field-head">
        <label class="field-name" for={id}>
          {oneof.name}
        </label>
        <span class="field-type">one of</span>
      </div>
      <select
        id={id}
        class="input"
        value={chosen?.name ?? ''}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">none</option>
        {oneof.fields.map((field) => (
          <option key={field.name} value={field.name}>
            {field.name}
          </option>
        ))}
      </select>
      {chosen ? (
        <div class="nested">
          <FieldRow
            field={chosen}
            value={draft[chosen.jsonName]}
            path={path}
            isChosen
            onChange={(value) => onChange(withField(draft, chosen.jsonName, value))}
          />
        </div>
      ) : null}
    </div>
  )
}

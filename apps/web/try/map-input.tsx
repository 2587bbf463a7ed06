import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { useContext, useId, useRef } from 'preact/hooks'
import { controlOf, initialValue } from './field-control.ts'
import { FormContext } from './form-context.ts'
import { type ManyInputProps, RemoveButton } from './list-input.tsx'
import { freeKey, renamedEntry } from './map-entries.ts'
import { ValueInput } from './value-input.tsx'
import { entryPath } from './violations.ts'

/** A map field: entries of a key and a value. A key is taken over when it is left, so that keys never merge. */
export function MapInput({ field, value, path, onChange }: ManyInputProps) {
  const id = useId()
  const form = useContext(FormContext)
  const map = asMap(value)
  const entries = Object.entries(map)
  const control = controlOf(field)
  const add = useRef<HTMLButtonElement>(null)
  const change = (next: JsonObject) => onChange(Object.keys(next).length === 0 ? undefined : next)
  return (
    <div class="many">
      {entries.map(([key, item], index) => (
        <div key={key} class="many-item many-entry">
          <input
            class="input"
            aria-label={`Key ${index + 1} of ${field.name}`}
            value={key}
            spellcheck={false}
            onChange={(event) => change(renamedEntry(map, key, event.currentTarget.value))}
          />
          <ValueInput
            control={control}
            value={item}
            id={`${id}-${index}`}
            label={`Value of ${key}`}
            path={entryPath(path, key)}
            onChange={(next) => change({ ...map, [key]: next })}
          />
          <RemoveButton
            what={`${key} from ${field.name}`}
            onClick={() => {
              change(Object.fromEntries(entries.filter((entry) => entry[0] !== key)))
              add.current?.focus()
            }}
          />
          <p class="field-problems">
            {(form?.violations.get(entryPath(path, key)) ?? []).join(' · ')}
          </p>
        </div>
      ))}
      <button
        ref={add}
        type="button"
        class="small-button"
        onClick={() => change({ ...map, [freeKey(map, field)]: initialValue(control) })}
      >
        Add to {field.name}
      </button>
    </div>
  )
}

function asMap(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

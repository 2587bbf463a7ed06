import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { useContext } from 'preact/hooks'
import { type Control, numberValue } from './field-control.ts'
import { FormContext } from './form-context.ts'
import { inputProps, textOf, type ValueInputProps } from './input-props.ts'

/** The input for one value: of a field, or of an item of a list. */
export function ValueInput(props: ValueInputProps) {
  const { control } = props
  switch (control.kind) {
    case 'message':
      return <MessageInput {...props} desc={control.desc} />
    case 'enum':
      return <EnumInput {...props} desc={control.desc} />
    default:
      return <TextInput {...props} />
  }
}

type MessageControl = Extract<Control, { kind: 'message' }>

function MessageInput(props: ValueInputProps & { desc: MessageControl['desc'] }) {
  const { desc, value, path, label, onChange } = props
  const form = useContext(FormContext)
  if (!form) return null
  return (
    <fieldset class="nested" aria-label={label}>
      <form.MessageForm desc={desc} draft={asObject(value)} path={path} onChange={onChange} />
    </fieldset>
  )
}

function TextInput(props: ValueInputProps) {
  const { control, value, onChange } = props
  const typed = (text: string) =>
    onChange(control.kind === 'number' ? numberValue(text, control.isLong) : text)
  return (
    <div class="input-row">
      <input
        {...inputProps(props)}
        class="input"
        type="text"
        inputMode={control.kind === 'number' ? 'decimal' : 'text'}
        autocomplete="off"
        spellcheck={false}
        placeholder={control.kind === 'time' ? '2026-01-31T12:00:00Z' : ''}
        value={textOf(value)}
        onInput={(event) => typed(event.currentTarget.value)}
      />
      {control.kind === 'time' ? (
        <button
          type="button"
          class="small-button"
          onClick={() => onChange(new Date().toISOString())}
        >
          Now
        </button>
      ) : null}
    </div>
  )
}

type EnumControl = Extract<Control, { kind: 'enum' }>

function EnumInput(props: ValueInputProps & { desc: EnumControl['desc'] }) {
  const { desc, value, onChange } = props
  const first = desc.values[0]?.name ?? ''
  const named = desc.values.find(({ name, number }) => name === value || number === value)
  const shown = value === undefined ? first : (named?.name ?? textOf(value))
  return (
    <select
      {...inputProps(props)}
      class="input"
      value={shown}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {named || value === undefined ? null : <option value={shown}>{shown} (not defined)</option>}
      {desc.values.map(({ name, number }) => (
        <option key={name} value={name}>
          {name} = {number}
        </option>
      ))}
    </select>
  )
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

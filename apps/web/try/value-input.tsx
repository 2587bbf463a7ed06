import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { useContext } from 'preact/hooks'
import { BytesInput } from './bytes-input.tsx'
import { type Control, numberValue } from './field-control.ts'
import { FormContext } from './form-context.ts'
import { inputProps, textOf, type ValueInputProps } from './input-props.ts'
import { JsonInput } from './json-input.tsx'

/** One value: of a field, an item of a list, or an entry of a map. */
export function ValueInput(props: ValueInputProps) {
  const { control } = props
  switch (control.kind) {
    case 'message':
      return <MessageInput {...props} desc={control.desc} />
    case 'enum':
      return <EnumInput {...props} desc={control.desc} />
    case 'switch':
      return <SwitchInput {...props} />
    case 'bytes':
      return <BytesInput {...props} />
    case 'json':
      return <JsonInput {...props} />
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
        placeholder={control.kind === 'format' ? control.example : ''}
        value={textOf(value)}
        onInput={(event) => typed(event.currentTarget.value)}
      />
      {control.kind === 'format' && control.isTime ? (
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

function SwitchInput(props: ValueInputProps) {
  return (
    <input
      {...inputProps(props)}
      class="checkbox"
      type="checkbox"
      checked={props.value === true}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
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

import type { DescEnum, JsonValue } from '@bufbuild/protobuf'
import { type Control, numberValue } from './field-control.ts'
import { TextInput } from './text-input.tsx'

interface ValueInputProps {
  readonly control: Exclude<Control, { kind: 'message' }>
  readonly value: JsonValue | undefined
  readonly id: string
  /** Name of the field. */
  readonly name: string
  /** Label for screen readers where there is no label element. */
  readonly label?: string
  readonly path: string
  /** Ids of the elements with its problems and rules. */
  readonly describedBy: string
  readonly wrong: boolean
  readonly required?: boolean
  readonly onChange: (value: JsonValue) => void
  readonly onBlur?: () => void
}

/** The input for one value that is no message: of a field, or of an item of a list. */
export function ValueInput(props: ValueInputProps) {
  const { control, value, id, name, label, path, describedBy } = props
  const { wrong, required = false, onChange, onBlur } = props
  const attributes = {
    id,
    class: 'input',
    'aria-label': label,
    'aria-describedby': describedBy,
    'aria-invalid': wrong,
    'aria-required': required,
    'data-path': path,
    onBlur,
  }
  if (control.kind === 'none') return <p class="form-note">Fill in this field as JSON.</p>
  if (control.kind === 'enum') {
    const shown = enumName(control.desc, value)
    return (
      <select
        {...attributes}
        value={shown.name}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {shown.isDefined ? null : <option value={shown.name}>{shown.name} (not defined)</option>}
        {control.desc.values.map(({ name: text, number }) => (
          <option key={text} value={text}>
            {text} = {number}
          </option>
        ))}
      </select>
    )
  }
  if (control.kind === 'choice') {
    return (
      <select
        {...attributes}
        value={String(value === true)}
        onChange={(event) => onChange(event.currentTarget.value === 'true')}
      >
        <option value="false">false</option>
        <option value="true">true</option>
      </select>
    )
  }
  const typed = (text: string) =>
    onChange(control.kind === 'number' ? numberValue(text, control.isLong) : text)
  return (
    <TextInput
      attributes={attributes}
      kind={control.kind}
      name={name}
      text={textOf(value)}
      onChange={typed}
    />
  )
}

function enumName({ values }: DescEnum, value: JsonValue | undefined) {
  const named = values.find(({ name, number }) => name === value || number === value)
  if (named === undefined && value !== undefined) return { name: textOf(value), isDefined: false }
  return { name: (named ?? values[0])?.name ?? '', isDefined: true }
}

/** The text of a value in an input: a string as it is, anything else as JSON. */
function textOf(value: JsonValue | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

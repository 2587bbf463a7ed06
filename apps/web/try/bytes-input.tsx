import { useState } from 'preact/hooks'
import { type ByteForm, base64From, textFrom } from './byte-text.ts'
import { inputProps, textOf, type ValueInputProps } from './input-props.ts'

const forms: readonly ByteForm[] = ['text', 'base64', 'hex']

/** Bytes, written as text, base64 or hexadecimal digits. */
export function BytesInput(props: ValueInputProps) {
  const base64 = textOf(props.value)
  const [form, setForm] = useState<ByteForm>('text')
  const [typed, setTyped] = useState({ text: '', base64: '' })
  // What was typed stays as it is, until the bytes are changed from elsewhere.
  const text = typed.base64 === base64 ? typed.text : textFrom(base64, form)
  const type = (next: string) => {
    const value = base64From(next, form)
    setTyped({ text: next, base64: value })
    props.onChange(value)
  }
  const change = (next: ByteForm) => {
    setForm(next)
    setTyped({ text: textFrom(base64, next) ?? base64, base64 })
  }
  return (
    <div class="input-row">
      <textarea
        {...inputProps(props)}
        class="input"
        rows={2}
        spellcheck={false}
        value={text ?? base64}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <select
        class="input input-short"
        aria-label={`How ${props.label} is written`}
        value={form}
        onChange={(event) => change(event.currentTarget.value as ByteForm)}
      >
        {forms.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

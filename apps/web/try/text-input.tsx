import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { FormContext, type Suggestion } from './form-context.ts'

interface TextInputProps {
  readonly attributes: {
    readonly id: string
    readonly class: string
    readonly 'aria-label': string | undefined
    readonly 'aria-describedby': string | undefined
    readonly 'aria-invalid': boolean
    readonly 'aria-required': boolean
    readonly 'data-path': string
    readonly onBlur: (() => void) | undefined
  }
  readonly kind: 'text' | 'number' | 'time'
  /** Name of the field, which decides what is suggested. */
  readonly name: string
  readonly text: string
  readonly onChange: (text: string) => void
}

/** Delay after the last key before suggestions are loaded, in milliseconds. */
const suggestAfterMs = 150

/** An input for a text, a number or a time; for ids of movies and users, with suggestions. */
export function TextInput({ attributes, kind, name, text, onChange }: TextInputProps) {
  const { suggestions, load } = useSuggestions(name)
  const listId = `${attributes.id}-suggestions`
  return (
    <div class="input-row">
      <input
        {...attributes}
        type="text"
        inputMode={kind === 'number' ? 'decimal' : 'text'}
        autocomplete="off"
        spellcheck={false}
        placeholder={kind === 'time' ? '2026-01-31T12:00:00Z' : ''}
        list={suggestions.length > 0 ? listId : undefined}
        value={text}
        onFocus={() => load(text)}
        onInput={(event) => {
          onChange(event.currentTarget.value)
          load(event.currentTarget.value)
        }}
      />
      {suggestions.length > 0 ? (
        <datalist id={listId}>
          {suggestions.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </datalist>
      ) : null}
      {kind === 'time' ? (
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

function useSuggestions(name: string) {
  const { suggest } = useContext(FormContext)
  const [suggestions, setSuggestions] = useState<readonly Suggestion[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef(0)
  useEffect(() => () => clearTimeout(timer.current), [])
  const load = (text: string) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(async () => {
      const number = ++latest.current
      const found = await suggest(name, text)
      if (number === latest.current) setSuggestions(found)
    }, suggestAfterMs)
  }
  return { suggestions, load }
}

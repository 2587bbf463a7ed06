import type { DescField, JsonValue } from '@bufbuild/protobuf'
import { useContext } from 'preact/hooks'
import { typeText } from './field-control.ts'
import { hintsBeside } from './field-hints.ts'
import { FormContext } from './form-context.ts'
import { fieldRules } from './rules.ts'

interface FieldHeadProps {
  readonly field: DescField
  /** Undefined when no single input has the value. */
  readonly inputId: string | undefined
  /** Text of the button of an optional field. */
  readonly toggle: 'Set' | 'Unset' | undefined
  readonly onToggle: () => void
}

/** The name and the type of a field. */
export function FieldHead({ field, inputId, toggle, onToggle }: FieldHeadProps) {
  const { registry } = useContext(FormContext)
  return (
    <div class="field-head">
      {inputId === undefined ? (
        <span class="field-name">{field.name}</span>
      ) : (
        <label class="field-name" for={inputId}>
          {field.name}
        </label>
      )}
      <span class="field-type">{typeText(field)}</span>
      {fieldRules(field, registry).required ? <span class="field-required">Required</span> : null}
      {toggle === undefined ? null : (
        <button
          type="button"
          class="small-button"
          aria-label={`${toggle} ${field.name}`}
          onClick={onToggle}
        >
          {toggle}
        </button>
      )}
    </div>
  )
}

interface FieldHintsProps {
  readonly id: string
  readonly field: DescField
  readonly value: JsonValue | undefined
}

/** The comment and the rules of a field; its regular expressions are shown on demand. */
export function FieldHints({ id, field, value }: FieldHintsProps) {
  const { registry, commentOf } = useContext(FormContext)
  const rules = fieldRules(field, registry)
  const { patterns } = rules
  const comment = commentOf(`${field.parent.typeName}.${field.name}`)
  const ofValue = field.enum && commentOf(`${field.enum.typeName}.${enumValue(field, value)}`)
  const hints = hintsBeside(comment, rules)
  return (
    <div class="field-hints">
      <div id={id}>
        {[comment, ofValue].map((text) => (text ? <p key={text}>{text}</p> : null))}
        {hints.length > 0 ? <p class="field-rules">{capitalized(hints.join(' · '))}</p> : null}
      </div>
      {patterns.length > 0 ? (
        <details class="field-patterns">
          <summary aria-label={`Pattern of ${field.name}`} title="Pattern">
            i
          </summary>
          {patterns.map((pattern) => (
            <code key={pattern}>{pattern}</code>
          ))}
        </details>
      ) : null}
    </div>
  )
}

function enumValue(field: DescField, value: JsonValue | undefined): string {
  const values = field.enum?.values ?? []
  const named = values.find(({ name, number }) => name === value || number === value)
  return (named ?? values[0])?.name ?? ''
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

import {
  createRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Registry,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { createContext } from 'preact'
import { useContext, useId, useRef } from 'preact/hooks'
import { type Draft, fieldProblem, withField } from './draft.ts'
import { type Control, controlOf, initialValue, numberValue, typeText } from './field-control.ts'
import { fieldRules, messageHints } from './rules.ts'
import { fieldPath, itemPath } from './violations.ts'

/** Context of all fields of a form. */
export interface FormShared {
  readonly registry: Registry
  /** Violations that the server reported, by field path. */
  readonly violations: ReadonlyMap<string, readonly string[]>
}

export const FormContext = createContext<FormShared>({
  registry: createRegistry(),
  violations: new Map(),
})

interface MessageFormProps {
  readonly desc: DescMessage
  readonly draft: Draft
  /** Path of the message in the request; empty for the request itself. */
  readonly path: string
  readonly onChange: (draft: Draft) => void
}

/** The fields of a message, in the order of the proto. */
export function MessageForm({ desc, draft, path, onChange }: MessageFormProps) {
  const { registry } = useContext(FormContext)
  if (desc.fields.length === 0) return <p class="form-note">This message has no fields.</p>
  return (
    <div class="message-form">
      {messageHints(desc, registry).map((hint) => (
        <p key={hint} class="form-note">
          {hint}
        </p>
      ))}
      {desc.fields.map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={draft[field.jsonName]}
          path={fieldPath(path, field.name)}
          onChange={(value) => onChange(withField(draft, field.jsonName, value))}
        />
      ))}
    </div>
  )
}

interface FieldProps {
  readonly field: DescField
  /** Undefined when the field is not set. */
  readonly value: JsonValue | undefined
  readonly path: string
  readonly onChange: (value: JsonValue | undefined) => void
}

/** A field: its name, type and rules, its input, and its problems. */
function FieldRow({ field, value, path, onChange }: FieldProps) {
  const id = useId()
  const { registry, violations } = useContext(FormContext)
  const { required, hints } = fieldRules(field, registry)
  const control = controlOf(field)
  const isList = field.fieldKind === 'list'
  // An unset field differs from one with the default value, unless the rules require a value.
  const hasPresence = field.presence !== FeatureSet_FieldPresence.IMPLICIT && !required
  const isOptional = !isList && hasPresence && control.kind !== 'none'
  const isShown = !isOptional || value !== undefined
  const isLeaf = !isList && control.kind !== 'message'
  const wrong = isLeaf ? fieldProblem(field, value, registry) : undefined
  const problems = wrong ? [wrong] : (violations.get(path) ?? [])
  return (
    <div class="field">
      <div class="field-head">
        {isLeaf && isShown ? (
          <label class="field-name" for={id}>
            {field.name}
          </label>
        ) : (
          <span class="field-name">{field.name}</span>
        )}
        <span class="field-type">{typeText(field)}</span>
        {required ? <span class="field-required">required</span> : null}
        {isOptional ? (
          <button
            type="button"
            class="small-button"
            aria-label={`${isShown ? 'Unset' : 'Set'} ${field.name}`}
            onClick={() => onChange(isShown ? undefined : initialValue(control))}
          >
            {isShown ? 'Unset' : 'Set'}
          </button>
        ) : null}
      </div>
      {isList ? <ListInput field={field} value={value} path={path} onChange={onChange} /> : null}
      {isShown && !isList ? (
        <ValueInput
          control={control}
          value={value}
          id={id}
          path={path}
          describedBy={`${id}-hints ${id}-problems`}
          wrong={problems.length > 0}
          label={field.name}
          onChange={(next) => onChange(!hasPresence && next === '' ? undefined : next)}
        />
      ) : null}
      <p class="field-hints" id={`${id}-hints`}>
        {hints.join(' · ')}
      </p>
      <p class="field-problems" id={`${id}-problems`}>
        {problems.join(' · ')}
      </p>
    </div>
  )
}

/** Inputs for a repeated field. Without items, the field is unset. */
function ListInput({ field, value, path, onChange }: FieldProps) {
  const id = useId()
  const { violations } = useContext(FormContext)
  const items = Array.isArray(value) ? value : []
  const control = controlOf(field)
  const add = useRef<HTMLButtonElement>(null)
  const change = (next: JsonValue[]) => onChange(next.length === 0 ? undefined : next)
  return (
    <div class="many">
      {items.map((item, index) => {
        const label = `${field.name} ${index + 1}`
        const own = itemPath(path, index)
        const problems = violations.get(own) ?? []
        const remove = () => {
          change(items.toSpliced(index, 1))
          add.current?.focus()
        }
        return (
          <div key={index} class="many-item">
            <ValueInput
              control={control}
              value={item}
              id={`${id}-${index}`}
              label={label}
              path={own}
              wrong={problems.length > 0}
              onChange={(next) => change(items.with(index, next))}
            />
            <button
              type="button"
              class="small-button remove"
              aria-label={`Remove ${label}`}
              onClick={remove}
            >
              <span aria-hidden="true">×</span>
            </button>
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

interface ValueInputProps {
  readonly control: Control
  readonly value: JsonValue | undefined
  readonly id: string
  /** Label for screen readers where there is no label element. */
  readonly label: string
  readonly path: string
  readonly describedBy?: string
  readonly wrong: boolean
  readonly onChange: (value: JsonValue) => void
}

/** The input for one value: of a field, or of an item of a list. */
function ValueInput(props: ValueInputProps) {
  const { control, value, id, label, path, describedBy, wrong, onChange } = props
  const attributes = {
    id,
    class: 'input',
    'aria-label': describedBy === undefined ? label : undefined,
    'aria-describedby': describedBy,
    'aria-invalid': wrong,
  }
  if (control.kind === 'none') return <p class="form-note">Fill in this field as JSON.</p>
  if (control.kind === 'message') {
    return (
      <fieldset class="nested" aria-label={label}>
        <MessageForm desc={control.desc} draft={asObject(value)} path={path} onChange={onChange} />
      </fieldset>
    )
  }
  if (control.kind === 'enum') {
    const shown = enumName(control.desc, value)
    return (
      <select
        {...attributes}
        value={shown.name}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {shown.isDefined ? null : <option value={shown.name}>{shown.name} (not defined)</option>}
        {control.desc.values.map(({ name, number }) => (
          <option key={name} value={name}>
            {name} = {number}
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
    <div class="input-row">
      <input
        {...attributes}
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

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

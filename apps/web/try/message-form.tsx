import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { useContext, useId, useRef, useState } from 'preact/hooks'
import { type Draft, fieldProblem, withField } from './draft.ts'
import { controlOf, initialValue } from './field-control.ts'
import { FieldHead, FieldHints } from './field-text.tsx'
import { FormContext } from './form-context.ts'
import { fieldRules, messageHints } from './rules.ts'
import { ValueInput } from './value-input.tsx'
import { fieldPath, itemPath } from './violations.ts'

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
      {desc.fields.map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={draft[field.jsonName]}
          path={fieldPath(path, field.name)}
          onChange={(value) => onChange(withField(draft, field.jsonName, value))}
        />
      ))}
      {messageHints(desc, registry).map((hint) => (
        <p key={hint} class="form-note">
          <strong>Rule:</strong> {hint}
        </p>
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

/** A field: its name, type, comment and rules, its input, and its problems. */
function FieldRow({ field, value, path, onChange }: FieldProps) {
  const id = useId()
  const { registry, commentOf } = useContext(FormContext)
  const { required } = fieldRules(field, registry)
  const control = controlOf(field)
  const isList = field.fieldKind === 'list'
  // An unset field differs from one with the default value, unless the rules require a value.
  const hasPresence = field.presence !== FeatureSet_FieldPresence.IMPLICIT && !required
  const isOptional = !isList && hasPresence && control.kind !== 'none'
  const isOutput = isIgnored(commentOf(`${field.parent.typeName}.${field.name}`))
  const isShown = (!isOptional && !isOutput) || value !== undefined
  const isToggled = isOptional && (!isOutput || isShown)
  const isLeaf = !isList && control.kind !== 'message'
  const { problems, check } = useProblems({ field, value, path, isLeaf })
  const change = (next: JsonValue) => onChange(!hasPresence && next === '' ? undefined : next)
  return (
    <div class="field">
      <FieldHead
        field={field}
        inputId={isLeaf && isShown ? id : undefined}
        toggle={isToggled ? (isShown ? 'Unset' : 'Set') : undefined}
        onToggle={() => onChange(isShown ? undefined : initialValue(control))}
      />
      {isList ? <ListInput field={field} value={value} path={path} onChange={onChange} /> : null}
      {isShown && !isList && control.kind === 'message' ? (
        <NestedForm
          desc={control.desc}
          value={value}
          label={field.name}
          path={path}
          onChange={change}
        />
      ) : null}
      {isShown && !isList && control.kind !== 'message' ? (
        <ValueInput
          control={control}
          value={value}
          id={id}
          name={field.name}
          path={path}
          describedBy={`${id}-problems ${id}-hints`}
          wrong={problems.length > 0}
          required={required}
          onChange={change}
          onBlur={check}
        />
      ) : null}
      <p class="field-problems" id={`${id}-problems`}>
        {problems.join(' · ')}
      </p>
      <FieldHints id={`${id}-hints`} field={field} value={value} />
    </div>
  )
}

/** True for a field of responses: the form offers no input for it. The protos say it in their comments. */
function isIgnored(comment: string | undefined): boolean {
  const text = comment?.replaceAll(/\s+/g, ' ') ?? ''
  return text.includes('Set by the service: a value in a request is ignored')
}

interface ProblemsOptions extends Pick<FieldProps, 'field' | 'value' | 'path'> {
  readonly isLeaf: boolean
}

/** The problems of a field: by its type at once, by its rules after `check`, and the server's. */
function useProblems({ field, value, path, isLeaf }: ProblemsOptions) {
  const { registry } = useContext(FormContext)
  const [isChecked, setChecked] = useState(false)
  const malformed = isLeaf ? fieldProblem(field, value, registry) : undefined
  const reported = useReported(path, value)
  const broken = isChecked ? fieldRules(field, registry).problemOf(value) : undefined
  const problems = malformed ? [malformed] : (reported ?? (broken ? [broken] : []))
  return { problems, check: () => setChecked(true) }
}

/** The problems that the server has found in the value, until it is edited. */
function useReported(path: string, value: JsonValue | undefined): readonly string[] | undefined {
  const { violations } = useContext(FormContext)
  const sent = useRef({ violations, value })
  if (sent.current.violations !== violations) sent.current = { violations, value }
  return sent.current.value === value ? violations.get(path) : undefined
}

interface NestedFormProps extends Omit<FieldProps, 'field' | 'onChange'> {
  readonly desc: DescMessage
  readonly label: string
  readonly onChange: (value: JsonValue) => void
}

function NestedForm({ desc, value, label, path, onChange }: NestedFormProps) {
  return (
    <fieldset class="nested" aria-label={label}>
      <MessageForm desc={desc} draft={asObject(value)} path={path} onChange={onChange} />
    </fieldset>
  )
}

/** Inputs for a repeated field. Without items, the field is unset. */
function ListInput({ field, value, path, onChange }: FieldProps) {
  const add = useRef<HTMLButtonElement>(null)
  const items = Array.isArray(value) ? value : []
  const change = (next: JsonValue[]) => onChange(next.length === 0 ? undefined : next)
  return (
    <div class="many">
      {items.map((item, index) => (
        <ListItem
          key={index}
          field={field}
          value={item}
          label={`${field.name} ${index + 1}`}
          path={itemPath(path, index)}
          onChange={(next) => change(items.with(index, next))}
          remove={() => {
            change(items.toSpliced(index, 1))
            add.current?.focus()
          }}
        />
      ))}
      <button
        ref={add}
        type="button"
        class="small-button"
        onClick={() => change([...items, initialValue(controlOf(field))])}
      >
        Add to {field.name}
      </button>
    </div>
  )
}

interface ListItemProps extends Omit<NestedFormProps, 'desc'> {
  readonly field: DescField
  readonly remove: () => void
}

function ListItem({ field, value, label, path, onChange, remove }: ListItemProps) {
  const id = useId()
  const control = controlOf(field)
  const problems = useReported(path, value) ?? []
  const shared = { value, label, path, onChange }
  return (
    <div class="many-item">
      {control.kind === 'message' ? (
        <NestedForm desc={control.desc} {...shared} />
      ) : (
        <ValueInput
          control={control}
          id={id}
          name={field.name}
          describedBy={`${id}-problems`}
          wrong={problems.length > 0}
          {...shared}
        />
      )}
      <button
        type="button"
        class="small-button remove"
        aria-label={`Remove ${label}`}
        onClick={remove}
      >
        <span aria-hidden="true">×</span>
      </button>
      <p class="field-problems" id={`${id}-problems`}>
        {problems.join(' · ')}
      </p>
    </div>
  )
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

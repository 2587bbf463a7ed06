import type { DescField, JsonValue } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { useContext, useId } from 'preact/hooks'
import { fieldProblem } from './draft.ts'
import { controlOf, initialValue, typeText } from './field-control.ts'
import { FormContext } from './form-context.ts'
import { ListInput } from './list-input.tsx'
import { fieldRules } from './rules.ts'
import { ValueInput } from './value-input.tsx'
import { fieldPath } from './violations.ts'

interface FieldRowProps {
  readonly field: DescField
  /** Undefined when the field is not set. */
  readonly value: JsonValue | undefined
  /** Path of the message that has the field. */
  readonly path: string
  readonly onChange: (value: JsonValue | undefined) => void
}

/** A field: its name, type and rules, its input, and its problems. */
export function FieldRow({ field, value, path, onChange }: FieldRowProps) {
  const id = useId()
  const form = useContext(FormContext)
  if (!form) return null
  const own = fieldPath(path, field.name)
  const { required, hints } = fieldRules(field, form.registry)
  const control = controlOf(field)
  const isLeaf = isSingle(field) && control.kind !== 'message'
  const wrong = isLeaf ? fieldProblem(field, value, form.registry) : undefined
  const problems = wrong ? [wrong] : (form.violations.get(own) ?? [])
  const isOptional = isSingle(field) && hasPresence(field) && control.kind !== 'none'
  const describedBy = `${id}-hints ${id}-problems`
  return (
    <div class="field">
      <div class="field-head">
        <FieldName field={field} id={id} isLeaf={isLeaf && (!isOptional || value !== undefined)} />
        <span class="field-type">{typeText(field)}</span>
        {required ? <span class="field-required">required</span> : null}
        {isOptional ? <Presence field={field} value={value} onChange={onChange} /> : null}
      </div>
      {isOptional && value === undefined ? null : (
        <Value
          field={field}
          value={value}
          onChange={onChange}
          id={id}
          describedBy={describedBy}
          path={own}
          wrong={problems.length > 0}
        />
      )}
      <p class="field-hints" id={`${id}-hints`}>
        {hints.join(' · ')}
      </p>
      <p class="field-problems" id={`${id}-problems`}>
        {problems.join(' · ')}
      </p>
    </div>
  )
}

function FieldName({ field, id, isLeaf }: { field: DescField; id: string; isLeaf: boolean }) {
  if (!isLeaf) {
    return (
      <span class="field-name" id={`${id}-name`}>
        {field.name}
      </span>
    )
  }
  return (
    <label class="field-name" for={id} id={`${id}-name`}>
      {field.name}
    </label>
  )
}

type PresenceProps = Pick<FieldRowProps, 'field' | 'value' | 'onChange'>

/** A button that sets and unsets an optional field. */
function Presence({ field, value, onChange }: PresenceProps) {
  const isSet = value !== undefined
  const toggle = () => onChange(isSet ? undefined : initialValue(controlOf(field)))
  return (
    <button
      type="button"
      class="small-button"
      aria-label={`${isSet ? 'Unset' : 'Set'} ${field.name}`}
      onClick={toggle}
    >
      {isSet ? 'Unset' : 'Set'}
    </button>
  )
}

interface ValueProps extends Pick<FieldRowProps, 'field' | 'value' | 'path' | 'onChange'> {
  readonly id: string
  readonly describedBy: string
  readonly wrong: boolean
}

function Value({ field, value, path, onChange, id, describedBy, wrong }: ValueProps) {
  if (field.fieldKind === 'list')
    return <ListInput field={field} value={value} path={path} onChange={onChange} />
  const control = controlOf(field)
  if (control.kind === 'none') return <p class="form-note">Fill in this field as JSON.</p>
  const clears = !hasPresence(field)
  return (
    <ValueInput
      control={control}
      value={value}
      id={id}
      path={path}
      describedBy={describedBy}
      wrong={wrong}
      label={field.name}
      onChange={(next) => onChange(clears && next === '' ? undefined : next)}
    />
  )
}

function isSingle(field: DescField): boolean {
  return field.fieldKind !== 'list'
}

/** Returns true when an unset field differs from one with the default value. */
function hasPresence(field: DescField): boolean {
  return field.presence !== FeatureSet_FieldPresence.IMPLICIT
}

import type { JsonValue } from '@bufbuild/protobuf'
import type { Control } from './field-control.ts'

export interface ValueInputProps {
  readonly control: Control
  readonly value: JsonValue | undefined
  readonly id: string
  /** Label for screen readers where there is no label element. */
  readonly label: string
  readonly path: string
  readonly describedBy?: string
  readonly wrong?: boolean
  readonly onChange: (value: JsonValue) => void
}

/** Attributes of every input. */
export function inputProps({ id, label, describedBy, wrong = false }: ValueInputProps) {
  return {
    id,
    'aria-label': describedBy === undefined ? label : undefined,
    'aria-describedby': describedBy,
    'aria-invalid': wrong,
  }
}

/** The text of a value in an input: a string as it is, anything else as JSON. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

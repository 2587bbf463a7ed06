import { useContext } from 'preact/hooks'
import { withField } from './draft.ts'
import { FieldRow } from './field-row.tsx'
import { FormContext, type MessageFormProps } from './form-context.ts'
import { messageHints } from './rules.ts'

/** The fields of a message, in the order of the proto. */
export function MessageForm({ desc, draft, path, onChange }: MessageFormProps) {
  const form = useContext(FormContext)
  const hints = form ? messageHints(desc, form.registry) : []
  if (desc.fields.length === 0) return <p class="form-note">This message has no fields.</p>
  return (
    <div class="message-form">
      {hints.map((hint) => (
        <p key={hint} class="form-note">
          {hint}
        </p>
      ))}
      {desc.fields.map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={draft[field.jsonName]}
          path={path}
          onChange={(value) => onChange(withField(draft, field.jsonName, value))}
        />
      ))}
    </div>
  )
}

import type { DescField, DescOneof } from '@bufbuild/protobuf'
import { useContext } from 'preact/hooks'
import { withField } from './draft.ts'
import { FieldRow } from './field-row.tsx'
import { FormContext, type MessageFormProps } from './form-context.ts'
import { OneofRow } from './oneof-row.tsx'
import { messageHints } from './rules.ts'

/** The fields of a message, in the order of the proto. */
export function MessageForm({ desc, draft, path, onChange }: MessageFormProps) {
  const form = useContext(FormContext)
  const hints = form ? messageHints(desc, form.registry) : []
  if (desc.members.length === 0) return <p class="form-note">This message has no fields.</p>
  return (
    <div class="message-form">
      {hints.map((hint) => (
        <p key={hint} class="form-note">
          {hint}
        </p>
      ))}
      {desc.members.map((member) => (
        <Member key={member.name} {...{ member, draft, path, onChange }} />
      ))}
    </div>
  )
}

function Member(props: Omit<MessageFormProps, 'desc'> & { member: DescField | DescOneof }) {
  const { member, draft, path, onChange } = props
  if (member.kind === 'oneof') return <OneofRow oneof={member} {...{ draft, path, onChange }} />
  return (
    <FieldRow
      field={member}
      value={draft[member.jsonName]}
      path={path}
      onChange={(value) => onChange(withField(draft, member.jsonName, value))}
    />
  )
}

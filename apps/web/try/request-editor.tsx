import type { DescMethod } from '@bufbuild/protobuf'
import { useSignal } from '@preact/signals'
import { Choice } from './choice.tsx'
import { FormContext, type FormShared } from './form-context.ts'
import { JsonEditor } from './json-editor.tsx'
import { MessageForm } from './message-form.tsx'
import type { RequestState } from './request-state.ts'

interface RequestEditorProps {
  readonly method: DescMethod
  readonly request: RequestState
  readonly form: FormShared
}

const views = [
  { value: 'form', text: 'Form' },
  { value: 'json', text: 'JSON' },
] as const

/** The request as a form or as JSON; both edit the same drafts. */
export function RequestEditor({ method, request, form }: RequestEditorProps) {
  const view = useSignal<'form' | 'json'>('form')
  return (
    <div class="editor">
      <div class="editor-head">
        <p class="editor-type">{method.input.typeName}</p>
        <Choice
          label="Edit as"
          quiet
          options={views}
          value={view.value}
          onChange={(value) => {
            view.value = value
          }}
        />
      </div>
      {view.value === 'json' ? (
        <JsonEditor request={request} desc={method.input} />
      ) : (
        <FormContext.Provider value={form}>
          <Messages method={method} request={request} />
        </FormContext.Provider>
      )}
    </div>
  )
}

function Messages({ method, request }: { method: DescMethod; request: RequestState }) {
  const drafts = request.drafts.value
  const at = useSignal(0)
  const index = Math.min(at.value, Math.max(0, drafts.length - 1))
  const draft = drafts[index]
  const body = draft ? (
    <MessageForm
      desc={method.input}
      draft={draft}
      path=""
      onChange={(next) => request.setDraft(index, next)}
    />
  ) : (
    <p class="form-note">The stream has no messages.</p>
  )
  if (!request.sendsMany) return body
  const add = () => {
    request.addDraft()
    at.value = drafts.length
  }
  return (
    <>
      <fieldset class="stream">
        <legend class="choice-label">Messages, sent together as one stream</legend>
        <div class="stream-messages">
          {drafts.map((_, number) => (
            <button
              key={number}
              type="button"
              class="small-button"
              aria-pressed={number === index}
              aria-label={`Message ${number + 1}`}
              onClick={() => {
                at.value = number
              }}
            >
              {number + 1}
            </button>
          ))}
          <button type="button" class="small-button" onClick={add}>
            Add
          </button>
          <button
            type="button"
            class="small-button"
            disabled={drafts.length === 0}
            onClick={() => request.removeDraft(index)}
          >
            Remove
          </button>
        </div>
      </fieldset>
      {body}
    </>
  )
}

import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import { useSignal } from '@preact/signals'
import { useId, useMemo } from 'preact/hooks'
import { Choice } from './choice.tsx'
import { FormContext, type FormShared, MessageForm } from './message-form.tsx'
import type { RequestState } from './request-state.ts'

interface RequestEditorProps {
  readonly method: DescMethod
  readonly registry: FileRegistry
  readonly request: RequestState
  readonly violations: FormShared['violations']
}

const views = [
  { value: 'form', text: 'Form' },
  { value: 'json', text: 'JSON' },
] as const

/** The request as a form or as JSON; both edit the same drafts. */
export function RequestEditor({ method, registry, request, violations }: RequestEditorProps) {
  const view = useSignal<'form' | 'json'>('form')
  const form = useMemo(() => ({ registry, violations }), [registry, violations])
  const problems = violations.get('') ?? []
  return (
    <section class="editor" aria-label="Request">
      <div class="editor-head">
        <h3 class="editor-title">{method.input.typeName}</h3>
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
      {problems.length > 0 ? <p class="field-problems">{problems.join(' · ')}</p> : null}
      {view.value === 'json' ? (
        <JsonView request={request} />
      ) : (
        <FormContext.Provider value={form}>
          <Messages method={method} request={request} />
        </FormContext.Provider>
      )}
    </section>
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

function JsonView({ request }: { request: RequestState }) {
  const id = useId()
  const lines = request.text.value.split('\n').length
  return (
    <div class="field">
      <label class="field-name" for={id}>
        {request.sendsMany ? 'JSON, an array of messages' : 'JSON'}
      </label>
      <textarea
        id={id}
        class="input input-code"
        rows={Math.min(24, Math.max(8, lines + 1))}
        spellcheck={false}
        autocapitalize="off"
        value={request.text.value}
        aria-invalid={request.textProblem.value !== ''}
        aria-describedby={`${id}-problem`}
        onInput={(event) => request.setText(event.currentTarget.value)}
      />
      <p class="field-problems" id={`${id}-problem`}>
        {request.textProblem.value}
      </p>
    </div>
  )
}

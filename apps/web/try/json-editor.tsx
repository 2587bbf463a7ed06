import type { DescMessage } from '@bufbuild/protobuf'
import { effect } from '@preact/signals'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { CodeEditor } from './code-editor.ts'
import type { TextProblem } from './code-problems.ts'
import type { RequestState } from './request-state.ts'

interface JsonEditorProps {
  readonly request: RequestState
  readonly desc: DescMessage
}

/** The request as JSON. Its editor is loaded when it is opened; if that fails, it is a plain textarea. */
export function JsonEditor({ request, desc }: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<CodeEditor>(undefined)
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading')
  const [problems, setProblems] = useState<readonly TextProblem[]>([])
  const label = request.sendsMany ? 'JSON, an array of messages' : 'JSON'
  useEffect(() => {
    let isClosed = false
    let stop = () => {}
    import('./code-editor.ts').then(
      ({ createCodeEditor }) => {
        if (isClosed || !host.current) return
        const opened = createCodeEditor({
          root: host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' }),
          label,
          text: request.text.peek(),
          desc,
          problemOf: () => request.textProblem.peek(),
          onChange: request.setText,
          onProblems: setProblems,
        })
        editor.current = opened
        // At once, not after the next paint: a person may have typed more by then.
        stop = effect(() => opened.setText(request.text.value))
        setState('ready')
      },
      () => setState('failed'),
    )
    return () => {
      isClosed = true
      stop()
      editor.current?.close()
    }
  }, [])
  return (
    <div class="json-editor">
      {state === 'loading' ? <p class="form-note">Loading the editor…</p> : null}
      {state === 'failed' ? <PlainEditor request={request} label={label} /> : null}
      <div ref={host} class="json-editor-host" hidden={state !== 'ready'} />
      {problems.map((problem) => (
        <button
          key={problem.from}
          type="button"
          class="json-problem"
          onClick={() => editor.current?.show(problem)}
        >
          Line {problem.line}, column {problem.column}: {problem.message}
        </button>
      ))}
    </div>
  )
}

function PlainEditor({ request, label }: { request: RequestState; label: string }) {
  const id = useId()
  return (
    <div class="field">
      <label class="field-name" for={id}>
        {label}
      </label>
      <textarea
        id={id}
        class="input input-code"
        rows={12}
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

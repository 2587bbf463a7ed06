import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import type { Signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import type { Call, CallOptions } from './call.ts'
import { CallOptionsForm } from './call-options-form.tsx'
import type { CallState } from './call-state.ts'
import { Commands } from './commands.tsx'
import { kindText } from './method-kind.ts'
import type { Outcome } from './outcome.ts'
import { OutcomeView } from './outcome-view.tsx'
import { RequestEditor } from './request-editor.tsx'
import type { RequestState } from './request-state.ts'
import type { ServiceName } from './try-path.ts'
import { violationsByPath } from './violations.ts'

interface MethodPanelProps extends Pick<PageProps, 'clients' | 'announce'> {
  readonly at: ServiceName
  readonly method: DescMethod
  readonly baseUrl: string
  readonly registry: FileRegistry
  readonly options: Signal<CallOptions>
  readonly request: RequestState
  readonly call: CallState
}

/** One method: request, options, response, and the call as commands. */
export function MethodPanel(props: MethodPanelProps) {
  const { at, method, baseUrl, registry, options, request, call, clients, announce } = props
  const response = useRef<HTMLDivElement>(null)
  // A browser has few connections per origin: a hidden stream would occupy one.
  useEffect(() => () => call.cancel(), [call])
  const outcome = call.outcome.value
  const parsed = request.messages()
  const next: Call | undefined =
    'messages' in parsed
      ? { baseUrl, method, registry, messages: parsed.messages, options: options.value }
      : undefined
  const send = async (event: Event) => {
    event.preventDefault()
    if (!next) return
    const ended = call.start(next)
    bringIntoView(response.current)
    announce(announcementOf(await ended))
  }
  const violations = useMemo(
    () => violationsByPath(outcome?.error?.details ?? []),
    [outcome?.error],
  )
  const isRunning = outcome?.state === 'running'
  return (
    <div class="panel">
      <form class="panel-request" onSubmit={send} onKeyDown={sendByKey}>
        <header class="panel-head">
          <p class="panel-service">{method.parent.typeName}</p>
          <h2 class="panel-title">{method.name}</h2>
          {kindText(method) ? <p class="method-kind">{kindText(method)}</p> : null}
        </header>
        <CallOptionsForm method={method} options={options} />
        <RequestEditor
          method={method}
          registry={registry}
          request={request}
          violations={violations}
        />
        <div class="panel-send">
          <button type="submit" class="button button-main" disabled={!next}>
            {isRunning ? 'Send again' : 'Send'}
          </button>
          {isRunning ? (
            <button type="button" class="button" onClick={call.cancel}>
              Cancel
            </button>
          ) : null}
          <p class="field-problems">{'problem' in parsed ? parsed.problem : ''}</p>
        </div>
      </form>
      <div class="panel-response" ref={response}>
        <OutcomeView outcome={outcome} />
        <Commands
          call={next}
          typeName={method.parent.typeName}
          at={at}
          addresses={clients.addresses}
        />
      </div>
    </div>
  )
}

/** Scrolls to the response when it is below the viewport, as on a narrow screen. */
function bringIntoView(response: HTMLElement | null) {
  const isBelow = response && response.getBoundingClientRect().top > innerHeight * 0.75
  if (isBelow) response.scrollIntoView({ block: 'start' })
}

/** Sends by Ctrl or Command with Enter from anywhere in the form, also from a textarea. */
function sendByKey(event: KeyboardEvent) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  ;(event.currentTarget as HTMLFormElement).requestSubmit()
}

function announcementOf({ error, durationMs, messageCount }: Outcome): string {
  const ended = error ? `The call failed: ${error.code}. ${error.message}` : 'Response received'
  return `${ended}, ${messageCount} messages, ${Math.round(durationMs)} milliseconds.`
}

import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { PageProps } from '../page-props.ts'
import { type Call, type CallError, callThroughGateway } from './call.ts'
import type { CallSettings } from './call-settings.ts'
import type { CallState } from './call-state.ts'
import { Commands } from './commands.tsx'
import type { FormShared } from './form-context.ts'
import type { Instances } from './instances.ts'
import { MethodHead } from './method-head.tsx'
import type { Outcome } from './outcome.ts'
import { OutcomeView } from './outcome-view.tsx'
import type { RequestState } from './request-state.ts'
import { RequestTabs } from './request-tabs.tsx'
import type { Place } from './try-path.ts'
import { violationsByPath, violationsOf } from './violations.ts'

interface MethodPanelProps extends Place, Pick<PageProps, 'clients' | 'announce'> {
  readonly method: DescMethod
  readonly baseUrl: string
  readonly registry: FileRegistry
  readonly settings: CallSettings
  readonly request: RequestState
  readonly call: CallState
  readonly commentOf: FormShared['commentOf']
  readonly suggest: FormShared['suggest']
  readonly instances: Instances
  /** True when a person chose the method, so that its first field gets the focus. */
  readonly isChosen: boolean
  readonly onEnd: (outcome: Outcome) => void
}

/** One method: request, options, response, and the call as commands. */
export function MethodPanel(props: MethodPanelProps) {
  const { at, instance, method, baseUrl, registry, settings, request, call } = props
  const { clients, announce, commentOf, suggest, instances, isChosen, onEnd } = props
  const form = useRef<HTMLFormElement>(null)
  const response = useRef<HTMLDivElement>(null)
  // A browser has few connections per origin: a hidden stream would occupy one.
  useEffect(() => () => call.cancel(), [call])
  useEffect(() => {
    if (isChosen && matchMedia('(hover: hover)').matches) focusFirstField(form.current)
  }, [])
  const outcome = call.outcome.value
  const parsed = request.messages()
  const options = settings.callOptions.value
  const next: Call | undefined =
    'messages' in parsed
      ? { baseUrl, method, registry, messages: parsed.messages, options }
      : undefined
  const send = async (event: Event) => {
    event.preventDefault()
    if (!next) return
    const ended = call.start(callThroughGateway(next, instance))
    bringIntoView(response.current)
    const last = await ended
    onEnd(last)
    announce(announcementOf(last))
  }
  const shared = useMemo(() => {
    const violations = violationsByPath(outcome?.error?.details ?? [])
    return { registry, violations, commentOf, suggest }
  }, [registry, outcome?.error, commentOf, suggest])
  return (
    <div class="panel">
      <form class="panel-request" ref={form} onSubmit={send} onKeyDown={sendByKey}>
        <MethodHead
          method={method}
          at={at}
          instance={instance}
          instances={instances}
          request={request}
          options={options}
          commentOf={commentOf}
        />
        <RequestTabs method={method} request={request} settings={settings} form={shared} />
        <SendBar
          isRunning={outcome?.state === 'running'}
          problem={problemOf(request)}
          cancel={call.cancel}
        />
      </form>
      <div class="panel-response" ref={response}>
        <OutcomeView
          outcome={outcome}
          name={method.name}
          focusField={(path) => focusField(form.current, path)}
        />
        <Commands
          call={next}
          typeName={method.parent.typeName}
          at={at}
          instance={instance}
          addresses={clients.addresses}
          instances={instances}
        />
      </div>
    </div>
  )
}

/** Why the request cannot be sent, or empty. The JSON editor says where its text is wrong. */
function problemOf(request: RequestState): string {
  if (request.textProblem.value !== '') return 'The JSON is not valid yet.'
  const parsed = request.messages()
  return 'problem' in parsed ? parsed.problem : ''
}

interface SendBarProps {
  readonly isRunning: boolean
  /** Why the request cannot be sent, or empty. */
  readonly problem: string
  readonly cancel: () => void
}

function SendBar({ isRunning, problem, cancel }: SendBarProps) {
  return (
    <div class="panel-send">
      <button
        type="submit"
        class={isRunning ? 'button' : 'button button-main'}
        aria-keyshortcuts="Control+Enter"
        disabled={problem !== ''}
      >
        Send{' '}
        <span aria-hidden="true">
          <kbd>{isMac() ? '⌘' : 'Ctrl '}⏎</kbd>
        </span>
      </button>
      {isRunning ? (
        <button type="button" class="button button-main" onClick={cancel}>
          Cancel
        </button>
      ) : null}
      <p class="field-problems">{problem}</p>
    </div>
  )
}

function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent)
}

function focusFirstField(form: HTMLElement | null): void {
  form?.querySelector<HTMLElement>('.editor [data-path]')?.focus()
}

/** Moves the focus to the field at the path, or to the first field within it. */
function focusField(form: HTMLElement | null, path: string): void {
  const inputs = [...(form?.querySelectorAll<HTMLElement>('[data-path]') ?? [])]
  const found =
    inputs.find(({ dataset }) => dataset.path === path) ??
    inputs.find(({ dataset }) => dataset.path?.startsWith(path))
  found?.focus()
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

/** Why the call failed: the rules that the request breaks, in words, or the message. */
function failureText({ code, message, details }: CallError): string {
  if (code === 'canceled') return 'The call was canceled'
  const violations = violationsOf(details).map((one) => `${one.path} ${one.message}`.trim())
  return `The call failed: ${code}. ${violations.join(', ') || message}`
}

function announcementOf({ error, durationMs, messageCount }: Outcome): string {
  const ended = error ? failureText(error) : 'Response received'
  const messages = `${messageCount} ${messageCount === 1 ? 'message' : 'messages'}`
  return `${ended}, ${messages}, ${Math.round(durationMs)} milliseconds.`
}

import type { DescMethod, JsonValue, Message, Registry } from '@bufbuild/protobuf'
import { type ReadonlySignal, signal } from '@preact/signals'
import { canonicalDraft, type Draft, emptyDraft, parseDraft } from './draft.ts'
import { parseRequestText, requestText } from './request-text.ts'

/** The request that is being edited: the form and the JSON are two views of the same drafts. */
export interface RequestState {
  /** One draft, or any number when the client streams. */
  readonly drafts: ReadonlySignal<readonly Draft[]>
  /** The JSON that is being edited, which may be invalid. */
  readonly text: ReadonlySignal<string>
  /** The problem of the JSON; empty when it is valid. */
  readonly textProblem: ReadonlySignal<string>
  readonly sendsMany: boolean
  setDraft(index: number, draft: Draft): void
  addDraft(): void
  removeDraft(index: number): void
  setText(text: string): void
  /** Replaces all drafts by these messages, such as those of an example. */
  fill(messages: readonly JsonValue[]): void
  /** The messages, or the problem of the first invalid one. */
  messages(): { readonly messages: readonly Message[] } | { readonly problem: string }
}

export function createRequestState(method: DescMethod, registry: Registry): RequestState {
  const sendsMany =
    method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming'
  const first = emptyDraft(method.input, registry)
  const drafts = signal<readonly Draft[]>([first])
  const text = signal(requestText([first], sendsMany))
  const textProblem = signal('')
  const setDrafts = (next: readonly Draft[]) => {
    drafts.value = next
    text.value = requestText(next, sendsMany)
    textProblem.value = ''
  }
  const canonical = (message: JsonValue) => canonicalDraft(method.input, message, registry)
  const setText = (next: string) => {
    text.value = next
    const parsed = parseRequestText(next, sendsMany)
    if ('problem' in parsed) {
      textProblem.value = parsed.problem
      return
    }
    try {
      drafts.value = parsed.drafts.map(canonical)
      textProblem.value = ''
    } catch (error) {
      textProblem.value = error instanceof Error ? error.message : String(error)
    }
  }
  return {
    drafts,
    text,
    textProblem,
    sendsMany,
    setDraft: (index, draft) => setDrafts(drafts.value.with(index, draft)),
    addDraft: () => setDrafts([...drafts.value, emptyDraft(method.input, registry)]),
    removeDraft: (index) => setDrafts(drafts.value.toSpliced(index, 1)),
    setText,
    fill: (messages) => setDrafts(messages.map(canonical)),
    messages: () =>
      textProblem.value ? { problem: textProblem.value } : parseAll(method, drafts.value, registry),
  }
}

function parseAll(method: DescMethod, drafts: readonly Draft[], registry: Registry) {
  const messages: Message[] = []
  for (const draft of drafts) {
    const parsed = parseDraft(method.input, draft, registry)
    if ('problem' in parsed) return parsed
    messages.push(parsed.message)
  }
  return { messages }
}

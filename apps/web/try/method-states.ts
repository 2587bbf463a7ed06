import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import { effect } from '@preact/signals'
import { type CallState, createCallState } from './call-state.ts'
import { examplesOf } from './examples.ts'
import { createRequestState, type RequestState } from './request-state.ts'
import type { SavedDrafts } from './saved-drafts.ts'

/** The request and the last call of a method. */
export interface MethodState {
  readonly request: RequestState
  readonly call: CallState
}

export interface MethodStates {
  /** The state of the method at a path of the page, kept while the page is open. */
  of(path: string, method: DescMethod, registry: FileRegistry): MethodState
  /** Replaces the request of the method at the path by a JSON text. */
  setText(path: string, text: string): void
  close(): void
}

/** Requests begin with the draft that the browser has kept, or else with the first example. */
export function createMethodStates(drafts: SavedDrafts): MethodStates {
  const states = new Map<string, MethodState>()
  const create = (path: string, method: DescMethod, registry: FileRegistry) => {
    const request = createRequestState(method, registry)
    const text = drafts.get(path)
    const [example] = examplesOf(method.parent.typeName, method.name)
    if (text !== undefined) request.setText(text)
    else if (example) request.fill(example.messages)
    let saved = request.text.peek()
    effect(() => {
      if (request.text.value === saved) return
      saved = request.text.value
      drafts.set(path, saved)
    })
    return { request, call: createCallState() }
  }
  return {
    of(path, method, registry) {
      const state = states.get(path) ?? create(path, method, registry)
      states.set(path, state)
      return state
    },
    setText(path, text) {
      const state = states.get(path)
      if (state) state.request.setText(text)
      else drafts.set(path, text)
    },
    close() {
      for (const { call } of states.values()) call.cancel()
    },
  }
}

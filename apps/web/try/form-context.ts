import type { DescMessage, Registry } from '@bufbuild/protobuf'
import { type ComponentType, createContext } from 'preact'
import type { Draft } from './draft.ts'

/** What all fields of a form have in common. */
export interface FormShared {
  readonly registry: Registry
  /** What the server said is wrong, by the field's path. */
  readonly violations: ReadonlyMap<string, readonly string[]>
  /** Draws the messages within messages, which hold fields, which hold messages. */
  readonly MessageForm: ComponentType<MessageFormProps>
}

export interface MessageFormProps {
  readonly desc: DescMessage
  readonly draft: Draft
  /** Of the message in the request; empty for the request itself. */
  readonly path: string
  readonly onChange: (draft: Draft) => void
}

export const FormContext = createContext<FormShared | undefined>(undefined)

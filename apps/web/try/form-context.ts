import type { DescMessage, Registry } from '@bufbuild/protobuf'
import { type ComponentType, createContext } from 'preact'
import type { Draft } from './draft.ts'

/** Context of all fields of a form. */
export interface FormShared {
  readonly registry: Registry
  /** Violations that the server reported, by field path. */
  readonly violations: ReadonlyMap<string, readonly string[]>
  /** Renders a nested message. It is here because the components are recursive. */
  readonly MessageForm: ComponentType<MessageFormProps>
}

export interface MessageFormProps {
  readonly desc: DescMessage
  readonly draft: Draft
  /** Path of the message in the request; empty for the request itself. */
  readonly path: string
  readonly onChange: (draft: Draft) => void
}

export const FormContext = createContext<FormShared | undefined>(undefined)

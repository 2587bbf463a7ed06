import { createRegistry, type Registry } from '@bufbuild/protobuf'
import { createContext } from 'preact'

/** Context of all fields of a form. */
export interface FormShared {
  readonly registry: Registry
  /** Violations that the server reported, by field path. */
  readonly violations: ReadonlyMap<string, readonly string[]>
  /** The comment of the proto about a declaration, by its full name. */
  readonly commentOf: (name: string) => string | undefined
  /** Values for a text field, by its name; empty when there are none. */
  readonly suggest: (fieldName: string, text: string) => Promise<readonly Suggestion[]>
}

/** A value for a field. */
export interface Suggestion {
  readonly value: string
  /** Meaning of the value, such as the title of a movie. */
  readonly label: string
}

export const FormContext = createContext<FormShared>({
  registry: createRegistry(),
  violations: new Map(),
  commentOf: () => undefined,
  suggest: async () => [],
})

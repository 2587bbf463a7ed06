import { syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'

/** A problem at a place of the text. */
export interface TextProblem {
  readonly from: number
  readonly to: number
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly message: string
}

/**
 * The problem of a JSON text: where its syntax is wrong, or else the field that has no such value.
 * @param problem What is wrong by the types of the message: `year: expected number`. Empty when
 * nothing is.
 */
export function findProblems(state: EditorState, problem: string): TextProblem[] {
  if (problem === '') return []
  const broken = syntaxErrorIn(state)
  if (broken !== undefined) {
    return [problemAt(state, broken, broken, 'This is not JSON: check commas, quotes and brackets')]
  }
  const { from, to } = fieldIn(state, problem)
  return [problemAt(state, from, to, problem)]
}

function problemAt(state: EditorState, from: number, to: number, message: string): TextProblem {
  const line = state.doc.lineAt(from)
  return { from, to, line: line.number, column: from - line.from + 1, message }
}

function syntaxErrorIn(state: EditorState): number | undefined {
  let position: number | undefined
  syntaxTree(state).iterate({
    enter({ type, from }) {
      if (type.isError) position ??= from
      return position === undefined
    },
  })
  return position
}

/** The first property whose name the problem mentions, or the whole text. */
function fieldIn(state: EditorState, problem: string): { from: number; to: number } {
  const words = new Set(problem.match(/\w+/g))
  let found: { from: number; to: number } | undefined
  syntaxTree(state).iterate({
    enter({ name, from, to }) {
      const isNamed = name === 'PropertyName' && words.has(state.sliceDoc(from + 1, to - 1))
      if (isNamed) found ??= { from, to }
      return found === undefined
    },
  })
  return found ?? { from: 0, to: state.doc.length }
}

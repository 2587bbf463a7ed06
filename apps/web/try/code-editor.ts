import type { DescMessage } from '@bufbuild/protobuf'
import { autocompletion, closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { bracketMatching, foldGutter, foldKeymap, indentUnit } from '@codemirror/language'
import { linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { fieldCompletion } from './code-completion.ts'
import { findProblems, type TextProblem } from './code-problems.ts'
import { editorTheme } from './code-theme.ts'

interface CodeEditorOptions {
  /** A style sheet of a document needs a wider policy than the page has; one of a root does not. */
  readonly root: ShadowRoot
  readonly label: string
  readonly text: string
  /** Message whose fields are completed. */
  readonly desc: DescMessage
  /** The problem of the text by the types of the message; empty when there is none. */
  readonly problemOf: () => string
  readonly onChange: (text: string) => void
  readonly onProblems: (problems: readonly TextProblem[]) => void
}

/** An editor of JSON, by CodeMirror. */
export interface CodeEditor {
  /** Replaces the text, unless the editor has it. */
  setText(text: string): void
  focus(): void
  /** Selects the place of a problem. */
  show(problem: TextProblem): void
  close(): void
}

/** Delay after the last key before a problem of the text is shown, in milliseconds. */
const lintDelayMs = 200

export function createCodeEditor(options: CodeEditorOptions): CodeEditor {
  const { root, text, onChange } = options
  const updates = EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged) onChange(state.doc.toString())
  })
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({ doc: text, extensions: [...extensionsOf(options), updates] }),
  })
  return {
    setText(next) {
      const { doc } = view.state
      if (doc.toString() === next) return
      view.dispatch({ changes: { from: 0, to: doc.length, insert: next } })
    },
    focus: () => view.focus(),
    show({ from, to }) {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true })
      view.focus()
    },
    close: () => view.destroy(),
  }
}

function extensionsOf({ label, desc, problemOf, onProblems }: CodeEditorOptions) {
  const lint = linter(
    ({ state }) => {
      const problems = findProblems(state, problemOf())
      onProblems(problems)
      return problems.map((problem) => ({ ...problem, severity: 'error' }))
    },
    { delay: lintDelayMs },
  )
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    indentUnit.of('  '),
    json(),
    lint,
    autocompletion({ override: [fieldCompletion(desc)] }),
    keymap.of([
      ...closeBracketsKeymap,
      // Ctrl+Enter and Command+Enter send the request.
      ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
    ]),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label }),
    editorTheme,
  ]
}

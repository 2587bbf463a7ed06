/** A sentence that the writing guide of CONTRIBUTING.md does not let pass. */
export interface WordProblem {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** Archaic or poetic words, with what to write instead. Rule 9. */
const archaicWords: Readonly<Record<string, string>> = {
  anew: 'again, restart, reopen',
  'at hand': 'available, current',
  'at present': 'currently, now',
  'be it': 'whether',
  heed: 'follow, obey',
  hereby: 'with this',
  'in vain': 'without success',
  'makes good': 'replaces, repairs',
  'takes leave': 'leaves, closes',
  'to be had': 'available',
  thus: 'so',
  'unless told': 'Default: …',
  'as whom': 'the user that …',
  whence: 'from where',
}

const archaicWord = new RegExp(`\\b(${Object.keys(archaicWords).join('|')})\\b`, 'gi')

/** First words that leave a doc comment without a subject or a verb. Rule 2. */
const headlessOpening =
  /^(?:What|Whether|That of|Those of|Since when|Who|Whom|Whose|Where|When(?! )|How (?:much|many|long|often|old|far)|As (?:much|many|long|far)|Longer than|Of|Unless|Whoever|Whatever)\b/

const docComment = /\/\*\*([\s\S]*?)\*\//g

/** Checks a source file: the words of all of it, and how its doc comments begin. */
export function sourceProblems(path: string, text: string): WordProblem[] {
  return [...archaicProblems(path, text), ...headlessProblems(path, text)]
}

/** Checks a document, all of it but code. */
export function documentProblems(path: string, text: string): WordProblem[] {
  const blank = (found: string) => found.replace(/[^\n]/g, ' ')
  const prose = text.replace(/^```[\s\S]*?^```$/gm, blank).replace(/`[^`\n]*`/g, blank)
  return archaicProblems(path, prose)
}

function archaicProblems(path: string, text: string): WordProblem[] {
  return [...text.matchAll(archaicWord)].map(({ 0: word, index }) => ({
    path,
    line: lineAt(text, index),
    message: `rule 9, no archaic words: "${word}"; write ${archaicWords[word.toLowerCase()]}`,
  }))
}

function headlessProblems(path: string, text: string): WordProblem[] {
  return [...text.matchAll(docComment)].flatMap(({ 1: body = '', index }) => {
    const sentence = body.replace(/^[\s*]+/, '')
    if (!headlessOpening.test(sentence)) return []
    const opening = sentence.split(/\s+/, 5).join(' ')
    const message = `rule 2, begin with a noun phrase or a verb: "${opening} …"`
    return [{ path, line: lineAt(text, index), message }]
  })
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

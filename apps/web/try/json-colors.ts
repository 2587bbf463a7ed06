/** Longest text that is coloured, in characters. */
const coloredLengthMax = 200_000

const token = /"(?:[^"\\]|\\.)*"(?<colon>\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g

/** With forced colours, the browser chooses the colours, and each highlight looks like a selection. */
const forcedColors = '(forced-colors: active)'

/**
 * Colours the JSON in the element with the CSS Custom Highlight API, which adds no elements. Returns
 * a function that removes the colours. Does nothing in a browser without the API, and while colours
 * are forced.
 */
export function keepColored(element: Element): () => void {
  const query = matchMedia(forcedColors)
  let remove = query.matches ? undefined : colorJson(element)
  const change = () => {
    remove?.()
    remove = query.matches ? undefined : colorJson(element)
  }
  query.addEventListener('change', change)
  return () => {
    query.removeEventListener('change', change)
    remove?.()
  }
}

function colorJson(element: Element): () => void {
  const text = element.textContent ?? ''
  if (!hasHighlights() || text.length > coloredLengthMax) return () => {}
  const added: [Highlight, AbstractRange][] = []
  for (const node of textNodes(element)) {
    for (const match of node.data.matchAll(token)) {
      const highlight = highlightNamed(nameOf(match))
      const range = staticRangeOf(node, match.index, match.index + match[0].length)
      highlight.add(range)
      added.push([highlight, range])
    }
  }
  return () => {
    for (const [highlight, range] of added) highlight.delete(range)
  }
}

/** Scrolls to a place that was found, unfolds what hides it, and marks it among the others. */
export function showMatch(range: Range): void {
  const parent = range.startContainer.parentElement
  for (let fold = parent?.closest('details'); fold; fold = fold.parentElement?.closest('details')) {
    fold.open = true
  }
  scrollToRange(range)
  if (!hasHighlights()) return
  const highlight = highlightNamed('json-current')
  highlight.clear()
  highlight.priority = 1
  highlight.add(range)
}

/** Scrolls each box around the range. An element of JSON may be much longer than its box. */
function scrollToRange(range: Range): void {
  const root = document.scrollingElement
  for (let box = range.startContainer.parentElement; box; box = box.parentElement) {
    const scrolls = box === root || /auto|scroll/.test(getComputedStyle(box).overflowY)
    if (!scrolls || box.scrollHeight <= box.clientHeight) continue
    const place = range.getBoundingClientRect()
    const top = box === root ? 0 : box.getBoundingClientRect().top
    if (place.top < top || place.bottom > top + box.clientHeight) {
      box.scrollTop += place.top - top - box.clientHeight / 2
    }
  }
}

/** Marks every occurrence of the text in the element, in any case. Returns their places. */
export function markText(element: Element, text: string): readonly Range[] {
  const sought = text.toLowerCase()
  if (sought === '') return []
  const ranges: Range[] = []
  for (const node of textNodes(element)) {
    const within = node.data.toLowerCase()
    for (
      let at = within.indexOf(sought);
      at >= 0;
      at = within.indexOf(sought, at + sought.length)
    ) {
      ranges.push(rangeOf(node, at, at + sought.length))
    }
  }
  if (hasHighlights()) for (const range of ranges) highlightNamed('json-match').add(range)
  return ranges
}

export function unmarkText(ranges: readonly Range[]): void {
  if (!hasHighlights()) return
  for (const range of ranges) highlightNamed('json-match').delete(range)
  highlightNamed('json-current').clear()
}

function hasHighlights(): boolean {
  return typeof Highlight !== 'undefined' && CSS.highlights !== undefined
}

/** Declarations by name of a highlight. */
const styles: Readonly<Record<string, string>> = {
  'json-key': 'color: var(--json-key)',
  'json-string': 'color: var(--json-string)',
  'json-number': 'color: var(--json-number)',
  'json-word': 'color: var(--json-word)',
  'json-match': 'background: var(--warn); color: var(--paper)',
  'json-current': 'background: var(--accent); color: var(--on-accent)',
}

/** The highlight of a name, whose style the document gets with it: the bundler knows no `::highlight`. */
function highlightNamed(name: string): Highlight {
  const known = CSS.highlights.get(name)
  if (known) return known
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`::highlight(${name}) { ${styles[name]} }`)
  document.adoptedStyleSheets.push(sheet)
  const highlight = new Highlight()
  CSS.highlights.set(name, highlight)
  return highlight
}

function nameOf(match: RegExpMatchArray): string {
  const [first = ''] = match[0]
  if (first === '"') return match.groups?.colon === undefined ? 'json-string' : 'json-key'
  return /[tfn]/.test(first) ? 'json-word' : 'json-number'
}

function* textNodes(element: Element): Generator<Text> {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) yield node as Text
}

/** A range that a browser need not adapt to changes of the document: a response has thousands. */
function staticRangeOf(node: Text, startOffset: number, endOffset: number): StaticRange {
  return new StaticRange({ startContainer: node, startOffset, endContainer: node, endOffset })
}

function rangeOf(node: Text, start: number, end: number): Range {
  const range = new Range()
  range.setStart(node, start)
  range.setEnd(node, end)
  return range
}

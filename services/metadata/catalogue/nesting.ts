/** Texts and comments of CEL, in which parentheses mean nothing. Raw texts have no escapes. */
const skipped = [
  /(?:[rR][bB]?|[bB][rR])(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')/,
  /"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''/,
  /"(?:\\[^\n]|[^"\\\n])*"|'(?:\\[^\n]|[^'\\\n])*'/,
  /\/\/[^\n]*/,
]
const skippedAll = new RegExp(skipped.map(({ source }) => source).join('|'), 'g')

/** Returns how many parentheses, brackets and braces of an expression of CEL are open at once. */
export function nestingOf(expression: string): number {
  let open = 0
  let most = 0
  for (const character of expression.replace(skippedAll, ' ')) {
    if ('([{'.includes(character)) open++
    if (')]}'.includes(character)) open--
    most = Math.max(most, open)
  }
  return most
}

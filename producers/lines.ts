/** How long a line may be, in characters: what is longer is no line of any format read here. */
export const lineLengthMax = 256 * 1024

/** A line of a text. */
export interface Line {
  /** Counted from 1. */
  readonly number: number
  /** Without its line end; undefined when the line is too long to be kept. */
  readonly text: string | undefined
}

/**
 * The lines of a UTF-8 text, in one batch for each chunk: a fast source gives large batches, and a
 * slow one is not kept waiting. Lines end with LF or CRLF; blank ones are counted but left out.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder()
  let rest = ''
  let tooLong = false
  let number = 0
  const finish = (text: string): Line | undefined => {
    number++
    const whole = tooLong || text.length > lineLengthMax ? undefined : text.replace(/\r$/, '')
    tooLong = false
    return whole?.trim() === '' ? undefined : { number, text: whole }
  }
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = pieces.pop() ?? ''
    const lines = pieces.map(finish).filter((line) => line !== undefined)
    if (rest.length > lineLengthMax) {
      tooLong = true
      rest = ''
    }
    if (lines.length > 0) yield lines
  }
  rest += decoder.decode()
  const last = rest === '' && !tooLong ? undefined : finish(rest)
  if (last !== undefined) yield [last]
}

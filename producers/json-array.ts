import { gen, none } from 'stream-chain'
import { parser } from 'stream-json'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import type { Input } from './input.ts'

/** An element of an array. */
export interface Element {
  /** Counted from 1. */
  readonly number: number
  readonly value: unknown
}

/** `gen` types it for text alone: it also takes bytes, and `none` for the end. */
type Parse = (chunk: Uint8Array | typeof none) => AsyncIterable<{ value: unknown }>

/**
 * The elements of one JSON array, which may be larger than memory, in one batch for each chunk.
 * Fails where the text stops being JSON; elements that end in the same chunk are lost with it.
 */
export async function* readJsonArray(
  source: Pick<Input, 'name' | 'chunks'>,
): AsyncGenerator<Element[]> {
  const parse = gen(parser({ streamValues: false }), streamArray()) as unknown as Parse
  let number = 0
  const elementsOf = async (chunk: Parameters<Parse>[0]) => {
    const values: unknown[] = []
    try {
      for await (const { value } of parse(chunk)) values.push(value)
    } catch (cause) {
      const place = `${source.name} breaks off as a JSON array after element ${number}`
      throw new Error(`${place}: ${(cause as Error).message}`, { cause })
    }
    return values.map((value) => ({ number: ++number, value }))
  }
  for await (const chunk of source.chunks) yield await elementsOf(chunk)
  yield await elementsOf(none)
}

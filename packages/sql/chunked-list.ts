import { firstIndex } from './first-index.ts'

/** A place in a list, valid until the next change. */
export interface ListPlace {
  readonly chunk: number
  readonly at: number
}

/**
 * Items in order, in chunks. A change moves at most `chunkSizeMax` items, and searches for its chunk
 * among the others.
 */
export interface ChunkedList<Item> {
  /** The chunks in order, none of them empty. */
  readonly chunks: readonly (readonly Item[])[]
  /**
   * Returns the place of the first item that passes, or the end when none does. All items after one
   * that passes must pass as well.
   */
  placeOf(passes: (item: Item) => boolean): ListPlace
  /** Returns the item at a place, or `undefined` at the end. */
  itemAt(place: ListPlace): Item | undefined
  /** Returns the item before a place, or `undefined` at the beginning. */
  itemBefore(place: ListPlace): Item | undefined
  /** Returns at most `countMax` items from a place on. */
  from(place: ListPlace, countMax: number): Item[]
  /** Returns at most `countMax` items before a place, the next one first. */
  before(place: ListPlace, countMax: number): Item[]
  /** Inserts an item before the one at the place. */
  insert(place: ListPlace, item: Item): void
  /** Removes the item at the place. */
  remove(place: ListPlace): void
}

/** @param chunkSizeMax An even number. */
export function createChunkedList<Item>(chunkSizeMax = 512): ChunkedList<Item> {
  const chunks: Item[][] = []

  function itemBefore({ chunk, at }: ListPlace): Item | undefined {
    return at > 0 ? chunks[chunk]?.[at - 1] : chunks[chunk - 1]?.at(-1)
  }

  return {
    chunks,
    placeOf(passes) {
      const found = firstIndex(chunks, (chunk) => passes(chunk.at(-1) as Item))
      // After the last item, there is room in its chunk.
      const chunk = Math.min(found, Math.max(0, chunks.length - 1))
      return { chunk, at: firstIndex(chunks[chunk] ?? [], passes) }
    },
    itemAt: ({ chunk, at }) => chunks[chunk]?.[at],
    itemBefore,
    from({ chunk, at }, countMax) {
      const items = chunks[chunk]?.slice(at, at + countMax) ?? []
      for (let next = chunk + 1; items.length < countMax && next < chunks.length; next++) {
        items.push(...(chunks[next] as Item[]).slice(0, countMax - items.length))
      }
      return items
    },
    before({ chunk, at }, countMax) {
      const items: Item[] = []
      for (let next = { chunk, at }; items.length < countMax; ) {
        if (next.at === 0) next = { chunk: next.chunk - 1, at: chunks[next.chunk - 1]?.length ?? 0 }
        if (next.at === 0) break
        next = { chunk: next.chunk, at: next.at - 1 }
        items.push(chunks[next.chunk]?.[next.at] as Item)
      }
      return items
    },
    insert({ chunk, at }, item) {
      const items = chunks[chunk]
      if (items === undefined) {
        chunks.push([item])
        return
      }
      items.splice(at, 0, item)
      if (items.length > chunkSizeMax) chunks.splice(chunk + 1, 0, items.splice(chunkSizeMax / 2))
    },
    remove({ chunk, at }) {
      const items = chunks[chunk]
      items?.splice(at, 1)
      if (items?.length === 0) chunks.splice(chunk, 1)
    },
  }
}

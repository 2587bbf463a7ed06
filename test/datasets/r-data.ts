import { inflateSync } from 'node:zlib'

/** A vector of R with its attributes, such as the names of a list. */
export interface RVector {
  readonly values: readonly unknown[]
  readonly attributes: ReadonlyMap<string, RVector>
}

/** Types of R's serialization (R Internals §1.8), as far as data frames need them. */
const types = {
  symbol: 1,
  pairs: 2,
  text: 9,
  logicals: 10,
  integers: 13,
  numbers: 14,
  texts: 16,
  list: 19,
  nothing: 254,
  reference: 255,
}
const flags = { attributes: 0x200, tag: 0x400 }
const nothing: RVector = { values: [], attributes: new Map() }
/** `NA` of a whole number. */
const missing = -(2 ** 31)

/** Reads a vector in R's binary format, version 3 (`X`). */
export function readR(bytes: Buffer): RVector {
  let at = 2
  const references: string[] = []
  /** Moves on, and returns where it was. */
  const move = (size: number): number => {
    at += size
    return at - size
  }
  const int = () => bytes.readInt32BE(move(4))
  if (bytes.toString('latin1', 0, 2) !== 'X\n' || int() !== 3) {
    throw new Error('this is not R data of version 3 in XDR format')
  }
  move(8)
  move(int())

  function text(length: number): string | undefined {
    if (length === -1) return undefined
    const start = move(length)
    return bytes.toString('utf8', start, at)
  }

  function values(type: number): unknown[] {
    const read: Record<number, () => unknown> = {
      [types.logicals]: int,
      [types.integers]: () => {
        const value = int()
        return value === missing ? undefined : value
      },
      [types.numbers]: () => bytes.readDoubleBE(move(8)),
      [types.texts]: item,
      [types.list]: item,
    }
    const readOne = read[type]
    if (readOne === undefined) throw new Error(`R data of type ${type} is not supported`)
    return Array.from({ length: int() }, readOne)
  }

  function pairs(head: number): Map<string, RVector> {
    const found = new Map<string, RVector>()
    let flag = head
    while ((flag & 0xff) === types.pairs) {
      if (flag & flags.attributes) item()
      const tag = flag & flags.tag ? String(item()) : ''
      found.set(tag, item() as RVector)
      flag = int()
    }
    return found
  }

  function item(): unknown {
    const flag = int()
    const type = flag & 0xff
    if (type === types.nothing) return nothing
    if (type === types.text) return text(int())
    if (type === types.reference) return references[(flag >> 8) - 1]
    if (type === types.symbol) {
      const name = String(item())
      references.push(name)
      return name
    }
    if (type === types.pairs) return { values: [], attributes: pairs(flag) }
    const own = values(type)
    return { values: own, attributes: flag & flags.attributes ? pairs(int()) : new Map() }
  }

  return item() as RVector
}

/** Returns the item of a list with this name. */
export function itemOf({ values, attributes }: RVector, name: string): RVector {
  const index = attributes.get('names')?.values.indexOf(name) ?? -1
  if (index < 0) throw new Error(`the R list has no item ${name}`)
  return values[index] as RVector
}

/**
 * Reads a value of a package's database: R keeps its place in the index, and prefixes its
 * compressed bytes with their size.
 */
export function readLazyData(index: Buffer, database: Buffer, name: string): RVector {
  const place = itemOf(itemOf(readR(index), 'variables'), name)
  const [offset, length] = place.values as number[]
  if (offset === undefined || length === undefined) throw new Error(`${name} has no place`)
  return readR(inflateSync(database.subarray(offset + 4, offset + length)))
}

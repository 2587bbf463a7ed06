/**
 * Size of an entry besides its name and value (RFC 7541 §4.1), and of a header in a list (RFC 9113
 * §6.5.2).
 */
export const entryOverheadBytes = 32

/** Initial size of either side's table (RFC 9113 §6.5.2). */
export const initialTableBytes = 4096

/** Texts of a table without entries. All of them share it. */
const noTexts: string[] = []

/**
 * Entries that a connection has added. The oldest is removed first (RFC 7541 §2.3.2). Takes no
 * memory until there is one.
 */
export class HpackDynamicTable {
  /**
   * Number of entries that were ever added, which is the number of the newest. The `count` numbers
   * up to it are in the table.
   */
  inserted = 0
  count = 0
  bytes = 0
  bytesMax: number
  /** Ring buffer: the entry with a number is at `number & (names.length - 1)`. */
  #names = noTexts
  #values = noTexts

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Returns the name of an entry. `number` must be in the table. */
  name(number: number): string {
    return this.#names[number & (this.#names.length - 1)] as string
  }

  value(number: number): string {
    return this.#values[number & (this.#values.length - 1)] as string
  }

  /** Changes the size, and removes entries beyond it (RFC 7541 §4.3). */
  resize(bytesMax: number): void {
    this.bytesMax = bytesMax
    this.#makeRoom(0)
  }

  /**
   * Adds an entry, and removes the oldest to make room. An entry larger than the table empties it
   * (RFC 7541 §4.4).
   */
  insert(name: string, value: string): void {
    const bytes = name.length + value.length + entryOverheadBytes
    this.#makeRoom(bytes)
    if (bytes > this.bytesMax) return
    if (this.count === this.#names.length) this.#grow()
    this.inserted++
    this.count++
    this.bytes += bytes
    const slot = this.inserted & (this.#names.length - 1)
    this.#names[slot] = name
    this.#values[slot] = value
  }

  /** Removes the oldest entry. */
  evict(): void {
    const slot = (this.inserted - this.count + 1) & (this.#names.length - 1)
    const name = this.#names[slot] as string
    const value = this.#values[slot] as string
    this.bytes -= name.length + value.length + entryOverheadBytes
    this.count--
    this.#names[slot] = ''
    this.#values[slot] = ''
  }

  #makeRoom(bytes: number): void {
    while (this.count > 0 && this.bytes + bytes > this.bytesMax) this.evict()
  }

  #grow(): void {
    const capacity = Math.max(8, this.#names.length * 2)
    const names = new Array<string>(capacity).fill('')
    const values = new Array<string>(capacity).fill('')
    for (let number = this.inserted - this.count + 1; number <= this.inserted; number++) {
      names[number & (capacity - 1)] = this.name(number)
      values[number & (capacity - 1)] = this.value(number)
    }
    this.#names = names
    this.#values = values
  }
}

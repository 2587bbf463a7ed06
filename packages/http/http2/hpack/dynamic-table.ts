/** What an entry counts for beside its name and value (RFC 7541 §4.1; the same for a list of fields, RFC 9113 §6.5.2). */
export const entryOverheadBytes = 32

/** The size of the table of either side until something else was said (RFC 9113 §6.5.2). */
export const initialTableBytes = 4096

/** The entries that a connection has added, the oldest leaving first (RFC 7541 §2.3.2). Takes no memory until there is one. */
export class HpackDynamicTable {
  /** Entries that were ever added. The newest has this number, and those that are here the `count` numbers up to it. */
  inserted = 0
  count = 0
  bytes = 0
  bytesMax: number
  /** A ring: the entry with a number is at `number & (names.length - 1)`. */
  #names: string[] = []
  #values: string[] = []

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** `number` is that of an entry that is here. */
  name(number: number): string {
    return this.#names[number & (this.#names.length - 1)] as string
  }

  value(number: number): string {
    return this.#values[number & (this.#values.length - 1)] as string
  }

  /** Changes the size, and lets go what has no room any more (RFC 7541 §4.3). */
  resize(bytesMax: number): void {
    this.bytesMax = bytesMax
    this.#makeRoom(0)
  }

  /** Adds an entry, and lets go what has no room any more; of an entry too large nothing stays (RFC 7541 §4.4). */
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

  /** Lets the oldest entry go. */
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

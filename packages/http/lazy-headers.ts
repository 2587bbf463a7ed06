/**
 * Looks like `Headers`, over fields that stay as they are until they are asked for: a real one costs more than all else
 * that a small call does with its list. No `instanceof Headers`: Deno would look for what only its own ones have.
 */
export class LazyHeaders {
  readonly #list: string[]

  /** @param list name and value in turn, names in lower case; changed in place. */
  constructor(list: string[]) {
    this.#list = list
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase()
    const list = this.#list
    let joined: string | null = null
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] !== wanted) continue
      const value = list[index + 1] ?? ''
      joined = joined === null ? value : `${joined}, ${value}`
    }
    return joined
  }

  has(name: string): boolean {
    return this.#indexOf(name.toLowerCase()) >= 0
  }

  /** Throws a `TypeError` for what no field can be. */
  set(name: string, value: string): void {
    const known = name.toLowerCase()
    const text = checked(known, value)
    const index = this.#indexOf(known)
    if (index < 0) {
      this.#list.push(known, text)
      return
    }
    this.#list[index + 1] = text
    this.#remove(known, index + 2)
  }

  /** Throws a `TypeError` for what no field can be. */
  append(name: string, value: string): void {
    const known = name.toLowerCase()
    this.#list.push(known, checked(known, value))
  }

  delete(name: string): void {
    this.#remove(name.toLowerCase(), 0)
  }

  getSetCookie(): string[] {
    return this.#list.filter((_, index, all) => index % 2 === 1 && all[index - 1] === 'set-cookie')
  }

  /** Sorted, and the values of one name joined, but for cookies (https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine). */
  *entries(): IterableIterator<[string, string]> {
    const names = new Set(this.#list.filter((_, index) => index % 2 === 0))
    for (const name of [...names].sort()) {
      if (name === 'set-cookie') for (const cookie of this.getSetCookie()) yield [name, cookie]
      else yield [name, this.get(name) ?? '']
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this as unknown as Headers)
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  #indexOf(name: string): number {
    const list = this.#list
    for (let index = 0; index < list.length; index += 2) if (list[index] === name) return index
    return -1
  }

  #remove(name: string, from: number): void {
    for (let index = this.#list.length - 2; index >= from; index -= 2) {
      if (this.#list[index] === name) this.#list.splice(index, 2)
    }
  }
}

/** A token (RFC 9110 §5.6.2), in lower case. */
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Neither control characters, nor what is not a byte (RFC 9110 §5.5). */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** The value without the spaces around it. */
function checked(name: string, value: string): string {
  const text = `${value}`.trim()
  if (fieldName.test(name) && fieldValue.test(text)) return text
  throw new TypeError(`no header field: ${JSON.stringify(name)}: ${JSON.stringify(text)}`)
}

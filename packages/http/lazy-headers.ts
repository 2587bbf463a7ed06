/**
 * Looks like `Headers`, over fields that stay as they are until they are asked for: a real one costs more than all else
 * that a small call does with its fields. No `instanceof Headers`: Deno would look for what only its own ones have.
 */
export class LightHeaders {
  readonly #fields: string[]

  /** @param fields name and value in turn, names in lower case; changed in place. */
  constructor(fields: string[]) {
    this.#fields = fields
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase()
    const fields = this.#fields
    let joined: string | null = null
    for (let index = 0; index < fields.length; index += 2) {
      if (fields[index] !== wanted) continue
      const value = fields[index + 1] ?? ''
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
      this.#fields.push(known, text)
      return
    }
    this.#fields[index + 1] = text
    this.#remove(known, index + 2)
  }

  /** Throws a `TypeError` for what no field can be. */
  append(name: string, value: string): void {
    const known = name.toLowerCase()
    this.#fields.push(known, checked(known, value))
  }

  delete(name: string): void {
    this.#remove(name.toLowerCase(), 0)
  }

  getSetCookie(): string[] {
    return this.#fields.filter(
      (_, index, all) => index % 2 === 1 && all[index - 1] === 'set-cookie',
    )
  }

  /** Sorted, and the values of one name joined, but for cookies (https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine). */
  *entries(): IterableIterator<[string, string]> {
    const names = new Set(this.#fields.filter((_, index) => index % 2 === 0))
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
    const fields = this.#fields
    for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return index
    return -1
  }

  #remove(name: string, from: number): void {
    for (let index = this.#fields.length - 2; index >= from; index -= 2) {
      if (this.#fields[index] === name) this.#fields.splice(index, 2)
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

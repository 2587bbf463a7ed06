import { headerOf } from './header-list.ts'

/**
 * The interface of `Headers` over a list. A real `Headers` costs more than everything else that a
 * small call does with its list. It is not an `instanceof Headers`, because Deno would then look
 * for internal members of its own class.
 */
export class LazyHeaders {
  readonly #list: string[]

  /** @param list Names and values in turn, names in lower case. Changed in place. */
  constructor(list: string[]) {
    this.#list = list
  }

  get(name: string): string | null {
    return headerOf(this.#list, name.toLowerCase()) ?? null
  }

  has(name: string): boolean {
    return this.#indexOf(name.toLowerCase()) >= 0
  }

  /** Throws a `TypeError` when the name or the value is invalid. */
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

  /** Throws a `TypeError` when the name or the value is invalid. */
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

  /**
   * Entries sorted by name. The values of one name are joined, other than cookies
   * (https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine).
   */
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
const headerName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Bytes other than control characters (RFC 9110 §5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Returns the value without surrounding spaces. Throws a `TypeError` for an invalid header. */
function checked(name: string, value: string): string {
  const text = `${value}`.trim()
  if (headerName.test(name) && headerValue.test(text)) return text
  throw new TypeError(`invalid header ${JSON.stringify(name)}: ${JSON.stringify(text)}`)
}

interface Lazy {
  readonly real: object
}

/**
 * Lets a look-alike answer for these members by its `real`, which it makes on demand.
 * @param pattern The prototype that has the members; those it lacks are left out.
 */
export function delegate(lazy: Lazy, pattern: object, names: readonly string[]): void {
  for (const name of names) {
    const found = Object.getOwnPropertyDescriptor(pattern, name)
    if (found === undefined) continue
    Object.defineProperty(lazy, name, found.get ? getterOf(name) : methodOf(name))
  }
}

function getterOf(name: string): PropertyDescriptor {
  return {
    get(this: Lazy) {
      return Reflect.get(this.real, name, this.real)
    },
  }
}

function methodOf(name: string): PropertyDescriptor {
  return {
    value(this: Lazy, ...args: unknown[]) {
      const method = Reflect.get(this.real, name) as (...args: unknown[]) => unknown
      return method.apply(this.real, args)
    },
  }
}

interface Lazy {
  readonly real: object
}

/**
 * Defines members of a lazy object that forward to its `real` object, which it creates on demand.
 * @param pattern Prototype that has the members. Names that it lacks are skipped.
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

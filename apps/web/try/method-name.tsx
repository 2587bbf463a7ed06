import { Fragment } from 'preact'

/** The name of a method, which breaks before its words when it is wider than its place. */
export function MethodName({ name }: { name: string }) {
  return wordsOf(name).map((word, index) => (
    <Fragment key={index}>
      {index > 0 ? <wbr /> : null}
      {word}
    </Fragment>
  ))
}

/** The words of a name in camel case: `ListMovies` has `List` and `Movies`. */
export function wordsOf(name: string): string[] {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])/)
}

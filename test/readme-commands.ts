import type { RuntimeName } from '@marquee/testing/tools'

/** A line of a README's ```` ```sh ```` block, by what it takes to try it. */
export type Command =
  /** Starts all three services, and stays. */
  | { readonly kind: 'start'; readonly line: string }
  /** Starts one program of a service, and stays. */
  | {
      readonly kind: 'service'
      readonly line: string
      readonly runtime: RuntimeName
      readonly entry: string
      readonly args: readonly string[]
    }
  /** Runs a script of package.json that takes minutes, or that these tests are a part of. */
  | { readonly kind: 'check'; readonly line: string; readonly script: string }
  /** Ends by itself. */
  | { readonly kind: 'shell'; readonly line: string; readonly program: string }

const startPattern = /^(?:npx -y bun@\S+|bun)(?: run)? start$/
const checkPattern = /^(?:npx -y bun@\S+|bun) run (check|bench|test|tree)(?: --all)?$/
const servicePattern = /^(bun|deno|node)(?: run)?(?: -A)? (services\/\w+\/main\.ts)((?: \S+)*)$/

/**
 * The commands of all blocks marked `sh`, in order; a line that ends with a backslash goes on in
 * the next.
 */
export function readCommands(markdown: string): Command[] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  return blocks
    .flatMap(([, block = '']) => block.replace(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
    .filter((line) => line !== '')
    .map(classify)
}

/** The TypeScript programs of all blocks marked `ts`. */
export function readPrograms(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
}

function classify(line: string): Command {
  if (startPattern.test(line)) return { kind: 'start', line }
  const script = checkPattern.exec(line)?.[1]
  if (script) return { kind: 'check', line, script }
  const [, runtime, entry, args] = servicePattern.exec(line) ?? []
  if (runtime && entry) {
    const words = (args ?? '').split(' ').filter((word) => word !== '')
    return { kind: 'service', line, runtime: runtime as RuntimeName, entry, args: words }
  }
  return { kind: 'shell', line, program: line.split(/\s/)[0] ?? '' }
}

/** The line with the default addresses of the services replaced by those they have in the test. */
export function withPorts(line: string, ports: ReadonlyMap<number, number>): string {
  return line.replace(/\b(localhost|127\.0\.0\.1):(\d+)\b/g, (address, host, port) => {
    const actual = ports.get(Number(port))
    return actual === undefined ? address : `${host}:${actual}`
  })
}

/** Targets of the links and images of a text within the project, without fragments. */
export function relativeLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ''))
}

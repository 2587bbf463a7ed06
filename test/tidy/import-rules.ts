import type { ResolvedImport, Source } from './source.ts'

/** Forbids imports; the first rule that does so is the one reported. */
interface ImportRule {
  readonly files: RegExp
  readonly forbids: (found: ResolvedImport, path: string) => boolean
  readonly advice: string
}

/**
 * Tests, contract suites, and the programs they start: not everything that holds for the product
 * holds for them.
 */
export const testing =
  /\.test\.ts$|-peer\.ts$|\/contract(-[\w-]+)?\.ts$|^(platform\/testing|test|bench)\//

/** A service's rules: `services/rating/rating.ts`, and what an event means. */
const domain = /^services\/(?:(\w+)\/\1|rating\/rating-event)\.ts$/
const product = /^(services|platform|producers|web)\//
const frameworks = /^(hono|kafkajs|consul|node:sqlite|@connectrpc\/.*|@bufbuild\/.*)$/

const rules: readonly ImportRule[] = [
  {
    files: /./,
    forbids: ({ specifier }) => /^\.{1,2}\//.test(specifier) && !/\.(tsx?|json)$/.test(specifier),
    advice: 'name the file whole, with .ts: three runtimes read the source as it is',
  },
  {
    files: domain,
    forbids: ({ packageName, target }) => frameworks.test(packageName ?? '') || into(target, 'gen'),
    advice: 'the domain knows no framework, wire or database: translate in rpc.ts, rest.ts, store/',
  },
  {
    files: domain,
    forbids: ({ typeOnly, target }) => !typeOnly && target !== undefined && !domain.test(target),
    advice: 'the domain takes what it needs as an argument: use `import type`',
  },
  {
    files: /^web\//,
    forbids: ({ target }, path) =>
      target !== undefined &&
      !into(target, 'web', 'gen') &&
      !(testing.test(path) && into(target, 'platform/testing')),
    advice: 'the page knows the services by their RPCs: use gen/',
  },
  {
    files: /^(?!web\/|test\/|bench\/)/,
    forbids: ({ target }) => into(target, 'web'),
    advice: 'the page is built and served, not imported',
  },
  {
    files: /^services\/\w+\//,
    forbids: ({ target }, path) =>
      into(target, 'services') && serviceOf(target) !== serviceOf(path),
    advice: 'a service calls the RPCs of another; only services/dev.ts composes',
  },
  {
    files: /^platform\//,
    forbids: ({ target }) => into(target, 'services', 'producers', 'web', 'test', 'scripts'),
    advice: 'platform/ knows nobody who stands on it: pass it in',
  },
  {
    files: /^platform\//,
    forbids: ({ target }, path) =>
      into(target, 'gen/metadata', 'gen/rating', 'gen/movie') && !testing.test(path),
    advice: 'platform/ knows no service: take the descriptor as an argument',
  },
  {
    files: product,
    forbids: ({ target }, path) =>
      into(target, 'gen/bench', 'gen/connectrpc') && !testing.test(path),
    advice: 'the messages of the bench and of the conformance suite are for tests',
  },
  {
    files: /^platform\/server\//,
    forbids: ({ packageName, target }, path) =>
      !testing.test(path) &&
      (/^@(connectrpc|bufbuild)\//.test(packageName ?? '') || into(target, 'gen', 'platform/rpc')),
    advice: 'the port carries requests and knows no RPC: that is platform/rpc',
  },
  {
    files: /\/port\.ts$/,
    forbids: ({ typeOnly }) => !typeOnly,
    advice: 'a port is types only: use `import type`, or move the code to an adapter',
  },
  {
    files: /^producers\//,
    forbids: ({ target }) => into(target, 'services') && !domain.test(target ?? ''),
    advice: 'a producer stands outside: use gen/, platform/ or the domain of a service',
  },
  {
    files: product,
    forbids: ({ packageName, target }, path) =>
      !testing.test(path) && (/^bun(:.*)?$/.test(packageName ?? '') || testing.test(target ?? '')),
    advice: 'the product imports no tests and nothing of Bun alone: use Web and node: APIs',
  },
]

export function importProblems({ path, imports }: Source): string[] {
  return imports.flatMap((found) => {
    const broken = rules.find((rule) => rule.files.test(path) && rule.forbids(found, path))
    return broken ? [`${path}:${found.line} imports ${found.specifier}: ${broken.advice}`] : []
  })
}

function into(target: string | undefined, ...folders: readonly string[]): boolean {
  return folders.some((folder) => target?.startsWith(`${folder}/`))
}

function serviceOf(path: string | undefined): string | undefined {
  return path?.split('/')[1]
}

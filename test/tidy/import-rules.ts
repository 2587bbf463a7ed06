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
export const testing = /\.test\.ts$|\/(contract|testing)\/|^(test|bench)\//

/** A service's rules: `services/rating/rating.ts`, and what an event means. */
const domain = /^services\/(?:(\w+)\/\1|rating\/(?:rated-time|rating-event|scale|scoring))\.ts$/
/** The form of a time as text, which an event has in common with protobuf's JSON. It imports nothing. */
const timeText = 'packages/connect-hono/protobuf/timestamp.ts'
const product = /^(services|packages|producers|apps)\//
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
    forbids: ({ typeOnly, target }) =>
      !typeOnly && target !== undefined && target !== timeText && !domain.test(target),
    advice: 'the domain takes what it needs as an argument: use `import type`',
  },
  {
    files: /^apps\/web\//,
    forbids: ({ specifier, target }, path) =>
      target !== undefined &&
      specifier !== '@marquee/client' &&
      !into(
        target,
        'apps/web',
        'packages/client',
        'packages/connect-hono/gen',
        'packages/back-off',
        'gen/openapi',
      ) &&
      !(testing.test(path) && into(target, 'packages/testing', 'gen')),
    advice: 'the page knows the services by their RPCs: use @marquee/client',
  },
  {
    files: /^(?!apps\/|test\/|bench\/)/,
    forbids: ({ target }) => into(target, 'apps'),
    advice: 'the page is built and served, not imported',
  },
  {
    files: /^services\/\w+\//,
    forbids: ({ target }, path) =>
      into(target, 'services') && serviceOf(target) !== serviceOf(path),
    advice: 'a service calls the RPCs of another; only services/dev.ts composes',
  },
  {
    files: /^packages\//,
    forbids: ({ target }) => into(target, 'services', 'producers', 'apps', 'test', 'scripts'),
    advice: 'a package knows nothing of its users: pass it in',
  },
  {
    files: /^packages\//,
    forbids: ({ target }, path) =>
      into(target, 'gen/metadata', 'gen/rating', 'gen/movie') && !testing.test(path),
    advice: 'a package knows no service: take the descriptor as an argument',
  },
  {
    files: /^(?!test\/|bench\/)/,
    forbids: ({ specifier, target }, path) =>
      specifier.startsWith('.') &&
      !testing.test(path) &&
      into(target, 'packages') &&
      packageFolder(target) !== packageFolder(path),
    advice: 'import another package by its name: its manifest says what it exports',
  },
  {
    files: product,
    forbids: ({ target }, path) =>
      into(target, 'gen/bench', 'gen/connectrpc', 'gen/library') && !testing.test(path),
    advice: 'the messages of the bench, of the conformance suite and of the library are for tests',
  },
  {
    files: /\/port\.ts$/,
    forbids: ({ typeOnly }) => !typeOnly,
    advice: 'a port is types only: use `import type`, or move the code to an adapter',
  },
  {
    // `rebuild.ts` writes the database of a service that does not run.
    files: /^producers\/(?!rebuild\.ts$)/,
    forbids: ({ target }) => into(target, 'services') && !domain.test(target ?? ''),
    advice: 'a producer stands outside: use gen/, packages/ or the domain of a service',
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

/** `packages/http` for a file of that package. */
function packageFolder(path: string | undefined): string | undefined {
  return path?.match(/^packages\/[^/]+/)?.[0]
}

function serviceOf(path: string | undefined): string | undefined {
  return path?.split('/')[1]
}

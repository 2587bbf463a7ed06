import { afterAll, beforeAll, describe } from 'bun:test'
import { type Certificate, createCertificate } from '@marquee/testing/certificate'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime, tool } from '@marquee/testing/tools'
import { type Road, secureTrials, trials } from './interop.ts'
import { type Service, startService } from './service.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']

const stack = new AsyncDisposableStack()
let own: Certificate
beforeAll(async () => {
  own = createCertificate(stack.use(await temporaryFolder()).path)
})
afterAll(() => stack.disposeAsync())

for (const name of runtimes) {
  describeWith(runtime(name), `rating on ${name} in cleartext`, () => {
    declareTrials(name, trials, () => undefined)
  })
  describeWith(runtime(name), `rating on ${name} over TLS`, () => {
    declareTrials(name, { ...trials, ...secureTrials }, () => own)
  })
}

function declareTrials(
  name: RuntimeName,
  chosen: typeof trials,
  certificate: () => Certificate | undefined,
): void {
  let service: Service
  let road: Road
  beforeAll(async () => {
    const secure = certificate()
    const flags = secure ? ['--tls-cert', secure.certificatePath, '--tls-key', secure.keyPath] : []
    service = await startService('rating', name, flags)
    const { port } = new URL(service.url)
    road = { host: `localhost:${port}`, certificatePath: secure?.certificatePath }
  })
  afterAll(() => service[Symbol.asyncDispose]())

  describe.concurrent('responses', () => {
    for (const [what, { tool: client, run }] of Object.entries(chosen)) {
      testWith(tool(client), what, () => run(road))
    }
  })
}

/** Serves a script in workerd, on a free port of loopback: SCRIPT [BINDINGS as JSON]. Needs Node. */
import { Miniflare } from 'miniflare'

const [scriptPath = '', bindings = '{}'] = process.argv.slice(2)
const miniflare = new Miniflare({
  modules: true,
  modulesRoot: '/',
  scriptPath,
  compatibilityDate: '2026-07-01',
  compatibilityFlags: ['nodejs_compat'],
  bindings: JSON.parse(bindings),
  host: '127.0.0.1',
  port: 0,
  handleStructuredLogs: ({ message }: { message: string }) =>
    void process.stdout.write(`${message}\n`),
})
const { origin } = await miniflare.ready
process.stdout.write(`Listening on ${origin}/\n`)
process.once('SIGTERM', () => void miniflare.dispose())

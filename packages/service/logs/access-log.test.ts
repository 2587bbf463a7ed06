import { expect, test } from 'bun:test'
import { pino } from 'pino'
import { createAccessLog } from './access-log.ts'

const line = {
  requestId: 'bf49180a',
  protocol: 'grpc',
  method: 'a.v1.Service/Get',
  status: 200,
  code: 'ok',
  durationMs: 0.25,
}

function open(level = 'info') {
  const lines: string[] = []
  const timestamp = () => ',"time":"now"'
  const stream = { write: (text: string) => void lines.push(text) }
  return { log: pino({ level, base: undefined, timestamp }, stream), lines }
}

test('a call is logged as by the log itself, bindings included', () => {
  const { log, lines } = open()
  const traced = { ...line, trace_id: '0af7651916cd43dd8448eb211c80319c' }
  for (const one of [log, log.child({ service: 'metadata' })]) {
    for (const fields of [line, traced]) {
      createAccessLog(one)(fields)
      one.info(fields, 'call')
      const [own, ofPino] = lines.splice(0)
      expect(own).toBe(ofPino ?? '')
    }
  }
})

test('each part of a line is its own call’s', () => {
  const { log, lines } = open()
  const logAccess = createAccessLog(log)
  const others = [
    { protocol: 'connect' },
    { method: 'a.v1.Service/Put' },
    { status: 404, code: 'not_found' },
    { code: 'aborted' },
    { trace_id: '0af7651916cd43dd8448eb211c80319c' },
    { requestId: 'c0ffee', durationMs: 3 },
  ]
  for (const other of others.flatMap((part) => [part, {}])) {
    logAccess({ ...line, ...other })
    log.info({ ...line, ...other }, 'call')
    const [own, ofPino] = lines.splice(0)
    expect(own).toBe(ofPino ?? '')
  }
})

test('a call is not logged below the level of the log', () => {
  const { log, lines } = open('warn')
  createAccessLog(log)(line)
  expect(lines).toEqual([])
})

test('a probe that succeeds is logged at debug, so that health checks do not fill the log', () => {
  for (const method of ['GET /readyz', 'HEAD /livez', 'grpc.health.v1.Health/Check']) {
    const probe = { ...line, method }
    const quiet = open()
    createAccessLog(quiet.log)(probe)
    expect(quiet.lines).toEqual([])
    const { log, lines } = open('debug')
    createAccessLog(log)(probe)
    log.debug(probe, 'call')
    expect(lines[0]).toBe(lines[1] ?? '')
  }
})

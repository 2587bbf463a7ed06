import { expect, test } from 'bun:test'
import { FlagsError, HelpRequest, readFlags } from './flags.ts'

function read(args: string[], env: Record<string, string> = {}) {
  const flags = readFlags('program: what it does', { args, env })
  const value = {
    name: flags.text({ flag: 'name', help: 'a name', default: 'nobody' }),
    level: flags.choice({
      flag: 'level',
      help: 'how much',
      of: ['low', 'high'],
      default: 'low',
    }),
    port: flags.integer({ flag: 'port', help: 'a port', min: 0, max: 65_535, default: 80 }),
    mean: flags.number({ flag: 'prior-mean', help: 'a mean', min: 1, max: 5, default: 3 }),
    urls: flags.origins({ flag: 'urls', help: 'where', default: 'http://localhost:1' }),
  }
  flags.finish()
  return value
}

const defaults = { name: 'nobody', level: 'low', port: 80, mean: 3, urls: ['http://localhost:1'] }

test('a flag that is not given has its default', () => {
  expect(read([])).toEqual(defaults as ReturnType<typeof read>)
})

test('a flag wins over the environment, in both its forms', () => {
  const env = { PORT: '1', PRIOR_MEAN: '2.5', NAME: '' }
  expect(read([], env)).toMatchObject({ port: 1, mean: 2.5, name: 'nobody' })
  expect(read(['--port', '2', '--prior-mean=4'], env)).toMatchObject({ port: 2, mean: 4 })
})

test('origins are a list, without paths', () => {
  const urls = ['http://a:1', 'https://b']
  expect(read(['--urls', 'http://a:1/x, https://b/']).urls).toEqual(urls)
})

test('a problem that the caller found is listed with the others', () => {
  const flags = readFlags('program', { args: ['--wat'], env: {} })
  flags.refuse('--name and --level exclude each other')
  expect(() => flags.finish()).toThrow(
    '--name and --level exclude each other\n--wat is not a flag: see --help',
  )
})

test('all problems are listed at once', () => {
  const bad = [
    '--port',
    '70000',
    '--prior-mean',
    'x',
    '--level',
    'no',
    '--urls',
    'ftp:',
    '--wat',
    'up',
    'no',
  ]
  const attempt = () => read([...bad, '--name'])
  expect(attempt).toThrow(FlagsError)
  expect(attempt).toThrow(
    [
      '--name needs a value',
      '--level is "no": give one of low, high',
      '--port is "70000": give a whole number from 0 to 65535',
      '--prior-mean is "x": give a number from 1 to 5',
      '--urls is "ftp:": give origins such as http://localhost:8081',
      '--wat is not a flag: see --help',
      '"no" is not expected: see --help',
    ].join('\n'),
  )
})

test.each(['1.5', '', ' ', '1e9', 'NaN', '-1'])('the port %j is refused', (port) => {
  expect(() => read([`--port=${port}`])).toThrow('--port')
})

test('--help lists every flag with its variable and default', () => {
  const attempt = () => read(['--help'])
  expect(attempt).toThrow(HelpRequest)
  expect(attempt).toThrow(/^program: what it does\n\n {2}--name {2,}a name \[NAME; nobody\]\n/)
  expect(attempt).toThrow('[PRIOR_MEAN; 3]')
})

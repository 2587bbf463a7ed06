import { expect, test } from 'bun:test'
import { readCommands, relativeLinks, withPorts } from './readme-commands.ts'

test('the commands of sh blocks are separated, and other blocks are ignored', () => {
  const markdown = [
    '```sh',
    'npx -y bun@1.4.5 start      # everything',
    '# a comment',
    'npx -y bun@1.4.5 run check',
    '```',
    '```console',
    '$ rm -rf /',
    '```',
    '```sh',
    'deno run -A services/rating/main.ts --port 8082',
    'curl -d \\',
    "  '{}' localhost:8083/#x",
    '```',
  ].join('\n')
  expect(readCommands(markdown)).toEqual([
    { kind: 'start', line: 'npx -y bun@1.4.5 start' },
    { kind: 'check', line: 'npx -y bun@1.4.5 run check', script: 'check' },
    {
      kind: 'service',
      line: 'deno run -A services/rating/main.ts --port 8082',
      runtime: 'deno',
      entry: 'services/rating/main.ts',
      args: ['--port', '8082'],
    },
    { kind: 'shell', line: `curl -d '{}' localhost:8083/#x`, program: 'curl' },
  ])
})

test('default addresses become those of the test, and no others', () => {
  const ports = new Map([[8083, 40_001]])
  const line = 'curl localhost:8083/a 127.0.0.1:8083 localhost:8084 example.org:8083'
  expect(withPorts(line, ports)).toBe(
    'curl localhost:40001/a 127.0.0.1:40001 localhost:8084 example.org:8083',
  )
})

test('links within the project are found outside of code', () => {
  const markdown = [
    '[a](docs/a.md#part) ![b](web/b.png "B") [c](https://example.org) [d](#here)',
    '`[e](not/a/link)`',
    '```',
    '[f](not/a/link)',
    '```',
  ].join('\n')
  expect(relativeLinks(markdown)).toEqual(['docs/a.md', 'web/b.png'])
})

import type { Example } from './example.ts'

const health: Readonly<Record<string, readonly Example[]>> = {
  Check: [
    { title: 'The whole process', messages: [{}] },
    {
      title: 'A service that does not exist',
      messages: [{ service: 'no.such.Service' }],
      codeWithoutData: 'not_found',
    },
  ],
  Watch: [{ title: 'The whole process', messages: [{}] }],
  List: [{ title: 'All services of the process', messages: [{}] }],
}

const reflection: Readonly<Record<string, readonly Example[]>> = {
  ServerReflectionInfo: [
    { title: 'List the services', messages: [{ listServices: '' }] },
    {
      title: 'Describe the health service',
      messages: [{ fileContainingSymbol: 'grpc.health.v1.Health' }],
    },
  ],
}

/** Examples of the services that report the state of the system. */
export const system: Readonly<Record<string, Readonly<Record<string, readonly Example[]>>>> = {
  'system.v1.SystemService': {
    WatchSystem: [{ title: 'The state of every instance', messages: [{}] }],
    ListSystemCalls: [{ title: 'The last calls of every service', messages: [{}] }],
  },
  'system.v1.ActivityService': {
    GetActivity: [{ title: 'The activity of the process', messages: [{}] }],
    WatchActivity: [
      { title: 'Once a second', messages: [{ intervalMs: 1000 }] },
      { title: 'Five times a second', messages: [{ intervalMs: 200 }] },
    ],
    ListCalls: [{ title: 'The last calls of the process', messages: [{}] }],
  },
  'system.v1.DeadLetterService': {
    ListDeadLetters: [
      { title: 'The newest 5', messages: [{ pageSize: 5 }] },
      { title: 'The newest 100', messages: [{ pageSize: 100 }] },
    ],
    GetDeadLetter: [
      {
        title: 'The first of partition 0',
        messages: [{ partition: 0, offset: '0' }],
        codeWithoutData: 'not_found',
      },
    ],
  },
  'grpc.health.v1.Health': health,
  'grpc.reflection.v1.ServerReflection': reflection,
  'grpc.reflection.v1alpha.ServerReflection': reflection,
}

/** Serves the official conformance suite on the project's server. */
import { serve } from '@marquee/http/server/serve'
import { createConformanceApp, log, tlsOf } from './app.ts'
import { answerConfigurations } from './control.ts'

answerConfigurations((request) =>
  serve({
    app: createConformanceApp(request.messageReceiveLimit),
    port: 0,
    log,
    ...tlsOf(request),
  }),
)

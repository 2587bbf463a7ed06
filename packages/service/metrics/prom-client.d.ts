/**
 * The parts of prom-client that a service uses. Importing all of it takes 35 ms and 11 MB: its
 * default metrics load OpenTelemetry, its push gateway the clients of `node:http` and `node:https`.
 * The package has types for its main entry only.
 */
declare module 'prom-client/lib/counter.js' {
  import { Counter } from 'prom-client'

  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Counter
}

declare module 'prom-client/lib/gauge.js' {
  import { Gauge } from 'prom-client'

  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Gauge
}

declare module 'prom-client/lib/histogram.js' {
  import { Histogram } from 'prom-client'

  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Histogram
}

declare module 'prom-client/lib/registry.js' {
  import { Registry } from 'prom-client'

  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default Registry
}

declare module 'prom-client/lib/cluster.js' {
  import { AggregatorRegistry } from 'prom-client'

  // biome-ignore lint/style/noDefaultExport: the module is CommonJS
  export default AggregatorRegistry
}

/** The part of Swagger UI that the page uses. The package has no types. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  /** Options of https://github.com/swagger-api/swagger-ui/blob/master/docs/usage/configuration.md. */
  interface SwaggerUiOptions {
    readonly url: string
    readonly domNode: Element | null
    readonly deepLinking: boolean
    readonly filter: boolean
    readonly docExpansion: 'list' | 'full' | 'none'
    readonly defaultModelsExpandDepth: number
    /** A service that checks the document. `null` for none. */
    readonly validatorUrl: string | null
  }
  // biome-ignore lint/style/noDefaultExport: the package has it
  export default function SwaggerUI(options: SwaggerUiOptions): unknown
}

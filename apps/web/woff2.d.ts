/** The bundler resolves a font to its URL. */
declare module '*.woff2' {
  const url: string
  // biome-ignore lint/style/noDefaultExport: as the bundler exports it.
  export default url
}

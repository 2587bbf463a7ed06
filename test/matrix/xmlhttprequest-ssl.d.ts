declare module 'xmlhttprequest-ssl' {
  export class XMLHttpRequest {
    readonly readyState: number
    dispatchEvent(name: string): void
  }
}

import type { BunPlugin } from 'bun'

/** Empty file descriptors with the names that the files in gen/ depend on, by module. */
const emptyFiles: Readonly<Record<string, string>> = {
  '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js': emptyFile(
    'file_buf_validate_validate',
    'ChtidWYvdmFsaWRhdGUvdmFsaWRhdGUucHJvdG8SDGJ1Zi52YWxpZGF0ZWIGcHJvdG8y',
  ),
  '@marquee/transcode/gen/google/api/annotations_pb.js': emptyFile(
    'file_google_api_annotations',
    'Chxnb29nbGUvYXBpL2Fubm90YXRpb25zLnByb3RvEgpnb29nbGUuYXBpYgZwcm90bzM',
  ),
}

function emptyFile(name: string, descriptor: string): string {
  return `
import { fileDesc } from '@bufbuild/protobuf/codegenv2'
export const ${name} = /*@__PURE__*/ fileDesc('${descriptor}')
`
}

/**
 * Leaves the descriptors of the validation rules and of the REST annotations out of a bundle.
 * Services check the rules and serve the routes. The clients in gen/ only need the descriptors to
 * exist, and they are a fifth of the page's script.
 */
export const withoutRules: BunPlugin = {
  name: 'without-rules',
  setup(build) {
    build.onResolve({ filter: /_pb\.js$/ }, ({ path, importer }) =>
      path in emptyFiles && /[\\/]gen[\\/]/.test(importer) && !importer.includes('node_modules')
        ? { path: `${importer.replace(/[^\\/]*$/, '')}${path}`, namespace: 'without-rules' }
        : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'without-rules' }, ({ path }) => {
      const name = Object.keys(emptyFiles).find((one) => path.endsWith(one)) ?? ''
      return { contents: emptyFiles[name] ?? '', loader: 'js' }
    })
  },
}

import type { BunPlugin } from 'bun'

/** Empty file descriptor with the name that the files in gen/ depend on. */
const emptyRules = `
import { fileDesc } from '@bufbuild/protobuf/codegenv2'
export const file_buf_validate_validate = /*@__PURE__*/ fileDesc(
  'ChtidWYvdmFsaWRhdGUvdmFsaWRhdGUucHJvdG8SDGJ1Zi52YWxpZGF0ZWIGcHJvdG8y',
)
`

/**
 * Leaves the descriptor of the validation rules out of a bundle. Services check the rules. The
 * clients in gen/ only need the descriptor to exist, and it is a fifth of the page's script.
 */
export const withoutRules: BunPlugin = {
  name: 'without-rules',
  setup(build) {
    const filter = /^@bufbuild\/protovalidate\/gen\/buf\/validate\/validate_pb\.js$/
    build.onResolve({ filter }, ({ importer }) =>
      /[\\/]gen[\\/]/.test(importer) && !importer.includes('node_modules')
        ? { path: importer.replace(/[^\\/]*$/, 'empty-rules.js'), namespace: 'without-rules' }
        : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'without-rules' }, () => ({
      contents: emptyRules,
      loader: 'js',
    }))
  },
}

/** Wireshark's names for the fields that DTLS shares with TLS: the same ones, with `dtls` in front. */
import { bits, type Field, field, fieldsByName } from '../src/wire/field.ts'
// All of their fields exist once these are loaded.
import './tls.ts'
import './tls-handshake.ts'
import './tls-hello.ts'

const TLS = 'tls.'

export const DTLS_NAMES: ReadonlyMap<Field, Field> = new Map(
  [...fieldsByName().values()]
    .flat()
    .filter(({ name }) => name.startsWith(TLS))
    .map(one => {
      const { label, format, codes, mask } = one
      const name = `d${one.name}`
      return [one, mask === 0 ? field(name, label, format, codes) : bits(name, label, mask, format, codes)] as const
    }),
)

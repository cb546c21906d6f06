/**
 * RDSAAD: authentication with a token of Entra ID inside TLS. The server gives a nonce, the client a signed assertion, the
 * server its result; each is a JSON text that a zero byte ends.
 *
 * MS-RDPBCGR 2.2.18, 5.4.5.4.
 */
import { entraResults } from '../src/codes/authorization.ts'
import { find, latin1 } from '../src/wire/bytes.ts'
import { BROKEN, LIKELY, MAYBE, NEED_MORE, NO, NOT_MINE, stream } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_HEAD_BYTES } from '../src/wire/limits.ts'

export interface EntraNonce {
  readonly kind: 'rdsaad-nonce'
  readonly complete: boolean
}
export interface EntraRequest {
  readonly kind: 'rdsaad-request'
  readonly complete: boolean
}
export interface EntraResult {
  readonly kind: 'rdsaad-result'
  /** HRESULT; 0 = success. */
  readonly result: number
  readonly complete: boolean
}
export type EntraFact = EntraNonce | EntraRequest | EntraResult

const f = {
  nonce: field('rdsaad.ts_nonce', 'ts_nonce', 'text'),
  assertion: field('rdsaad.rdp_assertion', 'rdp_assertion (hidden)', 'group'),
  result: field('rdsaad.authentication_result', 'authentication_result', 'hex', entraResults.symbols),
  unknown: field('rdsaad.unknown', 'Unknown message (hidden)', 'group'),
  end: field('rdsaad.end', 'Terminator', 'hex'),
}
const BRACE = 0x7b
/** Enough to recognise the key of the first pair. */
const PROBED_BYTES = 40
const KEYS = /^\{\s*"(ts_nonce|rdp_assertion|authentication_result)"\s*:\s*/

export const rdsaad = stream<null, EntraFact>({
  name: 'rdsaad',
  title: 'RDS AAD authentication',
  spec: ['MS-RDPBCGR 2.2.18'],

  begin: () => null,

  probe(bytes, start, end) {
    if (bytes[start] !== BRACE) return NO
    if (KEYS.test(latin1(bytes, start, Math.min(end, start + PROBED_BYTES)))) return LIKELY
    return end - start < PROBED_BYTES ? MAYBE : NO
  },

  frame(bytes, start, end, seen) {
    if (bytes[start] !== BRACE) return NOT_MINE
    const zero = find(bytes, 0, start + seen, Math.min(end, start + MAX_HEAD_BYTES))
    if (zero >= 0) return zero + 1 - start
    return end - start < MAX_HEAD_BYTES ? NEED_MORE : BROKEN
  },

  read(pdu, _state, _direction, out) {
    const length = pdu.until(0)
    const size = length < 0 ? pdu.left : length
    const text = latin1(pdu.bytes, pdu.pos, pdu.pos + size)
    const key = KEYS.exec(text)
    const value = key === null ? '' : text.slice(key[0].length)
    if (key?.[1] === 'ts_nonce') pdu.value(f.nonce, size, /^"([^"]*)"/.exec(value)?.[1] ?? '')
    else if (key?.[1] === 'authentication_result') pdu.value(f.result, size, number(value))
    else pdu.mark(key === null ? f.unknown : f.assertion, size)
    pdu.u8(f.end)
    const complete = pdu.ok
    if (key?.[1] === 'ts_nonce') out.fact({ kind: 'rdsaad-nonce', complete })
    else if (key?.[1] === 'rdp_assertion') out.fact({ kind: 'rdsaad-request', complete })
    else if (key !== null) out.fact({ kind: 'rdsaad-result', result: number(value), complete })
  },
})

/** As an unsigned number of 32 bits. */
function number(text: string): number {
  const digits = /^"?(-?\d{1,10})/.exec(text)?.[1] ?? '0'
  return Number(digits) >>> 0
}

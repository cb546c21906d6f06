/** TLS messages for tests: the handshake trace of RFC 8448 section 3, and messages made by hand. */
import { bytes, concat } from './bytes.ts'

/** RFC 8448 section 3: the ClientHello message. */
export const CLIENT_HELLO_1_3 = bytes(`
  01 00 00 c0 03 03 cb 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12 ec 18 a2 ef 62 83 02 4d ec e7
  00 00 06 13 01 13 03 13 02 01 00 00 91 00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72 ff 01 00 01 00 00 0a 00 14 00
  12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02 01 03 01 04 00 23 00 00 00 33 00 26 00 24 00 1d 00 20 99 38 1d e5 60
  e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d 54 13 69 1e 52 9a af 2c 00 2b 00 03 02 03 04 00 0d 00 20
  00 1e 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02 01 04 02 05 02 06 02 02 02 00 2d 00 02 01 01
  00 1c 00 02 40 01`)

/** RFC 8448 section 3: the ServerHello message. */
export const SERVER_HELLO_1_3 = bytes(`
  02 00 00 56 03 03 a6 af 06 a4 12 18 60 dc 5e 6e 60 24 9c d3 4c 95 93 0c 8a c5 cb 14 34 da c1 55 77 2e d3 e2 69 28
  00 13 01 00 00 2e 00 33 00 24 00 1d 00 20 c9 82 88 76 11 20 95 fe 66 76 2b db f7 c6 72 e1 56 d6 cc 25 3b 83 3d f1
  dd 69 b1 b0 4e 75 1f 0f 00 2b 00 02 03 04`)

const RANDOM = '11'.repeat(32)

/** TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384. */
export const SERVER_HELLO_1_2 = message(2, bytes(`03 03 ${RANDOM} 00 c0 30 00 00 05 ff 01 00 01 00`))
export const SERVER_HELLO_DONE = message(14, bytes(''))
export const CLIENT_KEY_EXCHANGE = message(16, bytes(`20 ${'22'.repeat(32)}`))

/** One record: content type, and what is in it. */
export function record(type: number, ...content: Uint8Array[]): Uint8Array {
  const fragment = concat(...content)
  return concat(Uint8Array.of(type, 3, 3, fragment.length >> 8, fragment.length & 0xff), fragment)
}

export function message(type: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 0, body.length >> 8, body.length & 0xff), body)
}

/** A client hello of these extensions, each as type and content. */
export function clientHelloWith(...extensions: [type: number, content: string][]): Uint8Array {
  const parts = extensions.map(([type, content]) => {
    const data = bytes(content)
    return concat(Uint8Array.of(type >> 8, type & 0xff, data.length >> 8, data.length & 0xff), data)
  })
  const all = concat(...parts)
  const fixed = bytes(`03 03 ${RANDOM} 00 00 04 c0 2f 00 35 01 00`)
  return message(1, concat(fixed, Uint8Array.of(all.length >> 8, all.length & 0xff), all))
}

export const CHANGE_CIPHER_SPEC = record(20, Uint8Array.of(1))

import { createCipheriv, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sealState } from '../../../dissectors/tls-state.ts'
import { cipherSuites } from '../../../src/codes/tls-names.ts'
import { Aead } from '../../../src/flow/tls/aead.ts'
import { Cbc } from '../../../src/flow/tls/cbc.ts'
import { concat, expandLabel, prf } from '../../../src/flow/tls/derivation.ts'
import { SealedBytes } from '../../../src/flow/tls/record-cipher.ts'
import { Rc4, StreamCipher } from '../../../src/flow/tls/stream-cipher.ts'
import { type Suite, suiteOf } from '../../../src/flow/tls/suites.ts'
import { bytes } from '../../support/bytes.ts'

const TLS_1_0 = 0x0301
const TLS_1_2 = 0x0303
const TLS_1_3 = 0x0304
const zeros = (length: number): Uint8Array => new Uint8Array(length)

function sealed(version: number, record: Uint8Array, sequence: number): SealedBytes {
  const set = new SealedBytes().set(record, 0, record.length, { ...sealState(false), version })
  set.sequence = sequence
  return set
}

function recordOf(type: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 255), content)
}

function mac(hash: string, key: Uint8Array, sequence: number, content: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, sequence, 23, 3, 3, content.length >> 8, content.length & 255)
  return new Uint8Array(createHmac(hash, key).update(header).update(content).digest())
}

describe('RFC 8448 section 3', () => {
  const secret = bytes('9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5')

  it('keys of the client for application data', () => {
    expect(expandLabel('sha256', secret, 'key', 16)).toEqual(bytes('17422dda596ed5d9acd890e3c63f5051').slice())
    expect(expandLabel('sha256', secret, 'iv', 12)).toEqual(bytes('5b78923dee08579033e523d9').slice())
  })

  it('the record that the client sends under them', () => {
    const record = bytes(
      `17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b
       39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`,
    ).slice()
    const key = expandLabel('sha256', secret, 'key', 16)
    const iv = expandLabel('sha256', secret, 'iv', 12)
    const cipher = new Aead((suiteOf(0x1301) as Suite).cipher, key, iv, true)
    const opened = cipher.open(sealed(TLS_1_3, record, 0))
    expect(opened).toEqual(Uint8Array.from({ length: 51 }, (_, at) => (at < 50 ? at : 23)))
    expect(cipher.open(sealed(TLS_1_3, record, 1))).toBeNull()
  })
})

describe('the pseudorandom function of TLS 1.2', () => {
  /** The test vector that the TLS working group's mailing list agreed on for P_SHA256. */
  it('gives the published bytes for SHA-256', () => {
    const secret = bytes('9bbe436ba940f017b17652849a71db35').slice()
    const seed = bytes('a0ba9f936cda311827a6f796ffd5198c').slice()
    const expected = bytes('e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a').slice()
    expect(prf('sha256', secret, 'test label', seed, 32)).toEqual(expected)
  })
})

describe('RC4', () => {
  it('gives the keystream of RFC 6229 section 2 for keys of 40 and 128 bits', () => {
    for (const [key, stream] of [
      ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
      ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
    ] as const) {
      const given = zeros(16)
      new Rc4(bytes(key)).apply(given)
      expect(given).toEqual(bytes(stream).slice())
    }
  })

  it('opens records one after the other, and none twice', () => {
    const macKey = zeros(20).fill(1)
    const key = zeros(16).fill(2)
    const writer = new Rc4(key)
    const seal = (sequence: number, content: Uint8Array): Uint8Array => {
      const whole = concat(content, mac('sha1', macKey, sequence, content))
      writer.apply(whole)
      return recordOf(23, whole)
    }
    const cipher = new StreamCipher('sha1', macKey, key)
    const [first, second] = [seal(0, bytes('"first"').slice()), seal(1, bytes('"second"').slice())]
    expect(cipher.open(sealed(TLS_1_2, first, 0))).toEqual(bytes('"first"').slice())
    expect(cipher.open(sealed(TLS_1_2, second, 1))).toEqual(bytes('"second"').slice())
    expect(cipher.open(sealed(TLS_1_2, second, 1))).toBeNull()
    expect([cipher.chained, cipher.overhead]).toEqual([true, -1])
  })
})

describe.each([
  [24, 'triple DES'],
  [8, 'DES'],
])('CBC with a key of %d bytes (%s)', keyBytes => {
  const keys = { key: Uint8Array.from({ length: keyBytes }, (_, at) => at * 3 + 1), mac: zeros(20).fill(7) }
  const full = keyBytes === 8 ? concat(keys.key, keys.key, keys.key) : keys.key
  const { cipher } = suiteOf(keyBytes === 8 ? 0x0009 : 0x000a) as Suite
  const content = bytes('"what is sent"').slice()

  function blocks(iv: Uint8Array, whole: Uint8Array): Uint8Array {
    const padding = 8 - (whole.length % 8)
    const padded = concat(whole, new Uint8Array(padding).fill(padding - 1))
    const encrypting = createCipheriv('des-ede3-cbc', full, iv).setAutoPadding(false)
    return new Uint8Array(Buffer.concat([encrypting.update(padded), encrypting.final()]))
  }

  it('opens a record that brings its IV', () => {
    const iv = zeros(8).fill(9)
    const record = recordOf(23, concat(iv, blocks(iv, concat(content, mac('sha1', keys.mac, 5, content)))))
    const reader = new Cbc(cipher, 'sha1', { ...keys, iv: null }, false)
    expect(reader.open(sealed(TLS_1_2, record, 5))).toEqual(content)
    expect(reader.open(sealed(TLS_1_2, record, 6))).toBeNull()
  })

  it('opens a record whose IV is the end of the one before it, also when that was passed over', () => {
    const iv = zeros(8).fill(9)
    const first = blocks(iv, concat(content, mac('sha1', keys.mac, 0, content)))
    const second = blocks(first.slice(-8), concat(content, mac('sha1', keys.mac, 1, content)))
    const reader = new Cbc(cipher, 'sha1', { ...keys, iv }, false)
    reader.passOver(sealed(TLS_1_0, recordOf(23, first), 0))
    expect(reader.open(sealed(TLS_1_0, recordOf(23, second), 1))).toEqual(content)
  })

  it('opens a record with its MAC behind the ciphertext', () => {
    const iv = zeros(8).fill(9)
    const encrypted = concat(iv, blocks(iv, content))
    const record = recordOf(23, concat(encrypted, mac('sha1', keys.mac, 2, encrypted)))
    const reader = new Cbc(cipher, 'sha1', { ...keys, iv: null }, true)
    expect(reader.open(sealed(TLS_1_2, record, 2))).toEqual(content)
  })
})

describe('suites', () => {
  it('are known by their names, or not at all', () => {
    expect(suiteOf(0xc030)).toMatchObject({
      cipher: { algorithm: 'aes-256-gcm', keyBytes: 32, ivBytes: 4, tagBytes: 16, protection: 'aead' },
      prf: 'sha384',
      staticRsa: false,
    })
    expect(suiteOf(0x1305)?.cipher).toMatchObject({ protection: 'aead-xor', ivBytes: 12, tagBytes: 8 })
    expect(suiteOf(0xc028)).toMatchObject({ mac: 'sha384', prf: 'sha384' })
    expect(suiteOf(0x002f)).toMatchObject({ mac: 'sha1', prf: 'sha256', staticRsa: true })
    for (const unknown of [0x0003, 0x00ff, 0x5600, 0x0a0a]) expect(suiteOf(unknown)).toBeNull()
    const missing = [...cipherSuites].filter(([id]) => suiteOf(id) === null).map(([, name]) => name)
    expect(missing.filter(name => !/EXPORT|SCSV|NULL_WITH_NULL/.test(name))).toEqual([])
  })
})

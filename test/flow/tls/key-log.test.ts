import { describe, expect, it } from 'vitest'
import { SECRETS_TLS_KEY_LOG } from '../../../src/capture/info.ts'
import { KeyLog } from '../../../src/flow/tls/key-log.ts'
import { GivenKeys, KeySource } from '../../../src/flow/tls/keys.ts'
import { RSA_KEY } from '../../support/tls-session.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const RANDOM = 'ab'.repeat(32)
const SECRET = '01'.repeat(48)

function keyLog(text: string): KeyLog {
  const log = new KeyLog()
  log.add(bytes(text))
  return log
}

describe('a key log', () => {
  it('is read line by line, whatever ends them, and whatever is between them', () => {
    const text = `# comment\r\nCLIENT_RANDOM ${RANDOM.toUpperCase()} ${SECRET}\r\n\nnoise ${RANDOM} ${SECRET}\nEXPORTER_SECRET ${RANDOM} ${SECRET}\n SERVER_TRAFFIC_SECRET_0 ${RANDOM} ${SECRET}`
    const log = keyLog(text)
    expect(log.size).toBe(2)
    expect(log.secret('CLIENT_RANDOM', RANDOM)).toEqual(new Uint8Array(48).fill(1))
    expect(log.secret('SERVER_TRAFFIC_SECRET_0', RANDOM)).toHaveLength(48)
    expect(log.secret('CLIENT_TRAFFIC_SECRET_0', RANDOM)).toBeNull()
  })

  it('knows the old lines of sessions and premaster secrets', () => {
    const log = keyLog(`RSA Session-ID:0a0b Master-Key:${SECRET}\nRSA 0102030405060708 ${SECRET}\n`)
    expect(log.secret('RSA Session-ID', '0a0b')).toHaveLength(48)
    expect(log.secret('RSA', '0102030405060708')).toHaveLength(48)
    expect(log.hasPremasters).toBe(true)
  })

  it('takes the secrets that a capture brings, also while it is read', () => {
    const secrets = [{ type: 0x57474b4c, bytes: bytes('another kind') }]
    const source = new KeySource(null, secrets)
    expect(source.empty).toBe(true)
    secrets.push({ type: SECRETS_TLS_KEY_LOG, bytes: bytes(`CLIENT_RANDOM ${RANDOM} ${SECRET}`) })
    expect(source.empty).toBe(false)
    expect(source.secret('CLIENT_RANDOM', RANDOM)).toHaveLength(48)
  })
})

describe('an RSA key', () => {
  it('is refused without quoting it when it is none', () => {
    const broken = RSA_KEY.replace(/[A-Z]{4}/g, 'AAAA')
    for (const text of ['', 'hello', broken]) {
      expect(() => new GivenKeys().addRsaKey(text)).toThrow(expect.not.objectContaining({ message: /AAAA/ }))
    }
    expect(new GivenKeys().addRsaKey(RSA_KEY).rsaKeys).toHaveLength(1)
  })
})

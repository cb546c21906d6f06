/** The premaster secret that a client encrypted with the server's RSA key. RFC 5246 section 7.4.7.1, RFC 8017 section 7.2. */
import { constants, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto'
import { plain } from './derivation.ts'

const PREMASTER_BYTES = 48
/** Zero, the block type, and at least eight bytes of padding that are not zero. */
const SHORTEST_PADDING_BYTES = 10
const ENCRYPTION_BLOCK = 2

export class RsaKey {
  private readonly key: KeyObject

  /** @throws Error when the text is no RSA private key in PEM. */
  constructor(pem: string) {
    this.key = createPrivateKey(pem)
    if (this.key.asymmetricKeyType !== 'rsa') throw new Error(`a key of type ${this.key.asymmetricKeyType}, not RSA`)
  }

  /**
   * Null when it was encrypted with another key. The padding is taken off here: Node does not do so any more (it would be an
   * oracle for an attacker on the wire, which an offline tool is not).
   */
  premaster(encrypted: Uint8Array): Uint8Array | null {
    const block = this.decrypt(encrypted)
    if (block === null || block[0] !== 0 || block[1] !== ENCRYPTION_BLOCK) return null
    const zero = block.indexOf(0, SHORTEST_PADDING_BYTES)
    return zero >= 0 && block.length - zero - 1 === PREMASTER_BYTES ? block.slice(zero + 1) : null
  }

  private decrypt(encrypted: Uint8Array): Uint8Array | null {
    try {
      return plain(privateDecrypt({ key: this.key, padding: constants.RSA_NO_PADDING }, encrypted))
    } catch {
      // Of another length than this key's modulus, or not below it.
      return null
    }
  }
}

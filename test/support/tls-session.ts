/**
 * TLS sessions of Node's own client and server, recorded as what each side sent, with their secrets. Certificates and keys
 * here serve nothing else.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import * as tls from 'node:tls'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'

export const RSA_KEY = `-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBALwE5i2FQounJas4
/3F/YeX92jpG0Ghnz4Zezsu6C/flyC0fKR0fK9HR7Xwf+WDobheijnG4VyEcm/if
1FkD25zgTD4vPiI7TP/SEP/EIRmgVl5M/+VmpPn2mTytyysOtgZY6iFn/agG12ZM
NygD3ddDvSDDLbuMATsFoWOCvENtAgMBAAECgYAg8NLLAt/ny78DwpaucdzbCKCl
OSbmQ9nN9upQMyZJpk5t6Vmwqndo6VisOIXefppbNbWzItLREEwbQRVZCx38j0cs
dNCPR+98YkTD6CeVf871RM4XP72BQN5NlHbdYAPfy2CQZ8tHgvBfK1EUBKid0muO
p/VPOR7dkik3r0X+2QJBANxsZJ4STwMGBDNO2Swu2nM0ydYpQt2UfEIlMtN7W/UX
PaNbXZj6LAA78SiVigUQapOqXU+5vSrb3/OZZf2r5U8CQQDaXZqapYNj03vTh3bh
4/DMRKZC8rnzIYC6knwI2vuVMzvFpbCU6vmAY6vQuupXhoNoBveiRmUQbuqWc1NY
+FSDAkEAizt4rxSXjixduN8kdTE/UahVmg7EKtzhRJLksQtqAb3ldGuBCuFzq84x
PdZ/sUU2XQIvIO4NXKY4p1INR5guJwJATHmLs61TnppqO2Kt196kbmV8dOXdCbEq
DC1REyjeAxq2TDoC5aSFTNmbSrara4vIaZ5HC6Xrrx2pOpeZEQenUQJBAJjy9OfH
15AxV6FDWV4s0ZMaPywNKTcmhT5qpGEmSjYJl91arykM3vEZXUlcxXk5sBa3MYDy
sfkDCNbDhryY434=
-----END PRIVATE KEY-----
`
export const RSA_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICCjCCAXOgAwIBAgIUOH5m7k7MQvgap3U9KZFUexktlmYwDQYJKoZIhvcNAQEL
BQAwFjEUMBIGA1UEAwwLcnNhLmV4YW1wbGUwIBcNMjYxMTI2MTMwMDAxWhgPMjEy
NjExMDIxMzAwMDFaMBYxFDASBgNVBAMMC3JzYS5leGFtcGxlMIGfMA0GCSqGSIb3
DQEBAQUAA4GNADCBiQKBgQC8BOYthUKLpyWrOP9xf2Hl/do6RtBoZ8+GXs7Lugv3
5cgtHykdHyvR0e18H/lg6G4Xoo5xuFchHJv4n9RZA9uc4Ew+Lz4iO0z/0hD/xCEZ
oFZeTP/lZqT59pk8rcsrDrYGWOohZ/2oBtdmTDcoA93XQ70gwy27jAE7BaFjgrxD
bQIDAQABo1MwUTAdBgNVHQ4EFgQU5wJ71txt6PTCBpQOMT2FRVM0BvwwHwYDVR0j
BBgwFoAU5wJ71txt6PTCBpQOMT2FRVM0BvwwDwYDVR0TAQH/BAUwAwEB/zANBgkq
hkiG9w0BAQsFAAOBgQAUog7ZPSpFTBIBUOnl06HufVgbXIpFuHAFzdV9gzzPWDJd
iWMQsDfKKBbLR20FFn4bfHQn+vpGSxb09nAbVksJjCjteU05XvUn7Zi8kPH1Rdm0
wmdV9bDgjdOctj2UasDgM5T1b6IYoXoc1P5qHdtXwJAHBE9BV6EYsQ7PczLmzQ==
-----END CERTIFICATE-----
`
const EC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi920kLBVK2ajfRry
bO3gQv1LKwZOW2w2QNpN0qHwhsWhRANCAASpcN9kN3xKlGxsdVdVrLCKNk6BT8PO
IpodP0Ii54uPpReUg/Rz3DZ8jgCkVwZ39yMiL5cpweM9mrlVtdDhYp+e
-----END PRIVATE KEY-----
`
const EC_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUawTdUq8qMO3JsQHnMsmvXXJ3TzcwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKZWMuZXhhbXBsZTAgFw0yNjExMjYxMzAwMDJaGA8yMTI2MTEw
MjEzMDAwMlowFTETMBEGA1UEAwwKZWMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABKlw32Q3fEqUbGx1V1WssIo2ToFPw84imh0/QiLni4+lF5SD9HPc
NnyOAKRXBnf3IyIvlynB4z2auVW10OFin56jUzBRMB0GA1UdDgQWBBQz1kZLAIzp
RHwu/65k0IPJxJFtPzAfBgNVHSMEGDAWgBQz1kZLAIzpRHwu/65k0IPJxJFtPzAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIB9IPCQLFJYK3jcx1IOJ
UbmssmrShgOsuoRbu0VvRk+hAiEA5ilVBnvRrRmDwtEqVGJ23+xkyeQgQyQHd/r8
li1dzIA=
-----END CERTIFICATE-----
`

export interface Recorded {
  /** In the order of sending. */
  readonly said: readonly (readonly [direction: Direction, bytes: Uint8Array])[]
  readonly keyLog: string
  /** As OpenSSL names them. */
  readonly version: string
  readonly cipher: string
  readonly resumed: boolean
  readonly session: Buffer | null
}

export interface SessionOptions {
  readonly version: tls.SecureVersion
  /** In OpenSSL's words. */
  readonly ciphers: string
  /** Of an earlier recording, to be resumed. */
  readonly session?: Buffer | null
  /** The server issues no tickets: sessions are resumed by their id. */
  readonly withoutTickets?: boolean
  /** Several sessions on one server, so that they can be resumed. */
  readonly server?: Server
}

export const FROM_CLIENT = pattern('from the client ', 40_000)
export const FROM_SERVER = pattern('and from the server ', 50_000)

function pattern(words: string, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => words.charCodeAt((at * at) % words.length))
}

/** Can this build of Node speak such a suite? */
export function speaks(version: tls.SecureVersion, ciphers: string): boolean {
  try {
    tls.createSecureContext({ minVersion: version, maxVersion: version, ciphers: withLevel(ciphers) })
    return true
  } catch {
    return false
  }
}

/** A server that answers each connection with {@link FROM_SERVER} once it has all of {@link FROM_CLIENT}, and closes. */
export class Server {
  private readonly server: tls.Server

  constructor({ version, ciphers, withoutTickets = false }: SessionOptions) {
    this.server = tls.createServer({
      key: [RSA_KEY, EC_KEY],
      cert: [RSA_CERTIFICATE, EC_CERTIFICATE],
      minVersion: version,
      maxVersion: version,
      ciphers: withLevel(ciphers),
      dhparam: 'auto',
      sessionIdContext: 'rdpscope',
      ...(withoutTickets ? { secureOptions: 1 << 14 } : {}),
    })
    const sessions = new Map<string, Buffer>()
    this.server.on('newSession', (id, session, done) => {
      sessions.set(id.toString('hex'), session)
      done()
    })
    this.server.on('resumeSession', (id, done) => done(null, sessions.get(id.toString('hex')) ?? null))
    this.server.on('secureConnection', socket => {
      let got = 0
      socket.on('data', more => {
        got += more.length
        if (got === FROM_CLIENT.length) socket.end(FROM_SERVER)
      })
      socket.on('error', () => {})
    })
    this.server.on('tlsClientError', () => {})
  }

  async port(): Promise<number> {
    if (!this.server.listening) await new Promise<void>(done => this.server.listen(0, '127.0.0.1', done))
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    this.server.close()
  }
}

export async function recordSession(options: SessionOptions): Promise<Recorded> {
  const server = options.server ?? new Server(options)
  const said: [Direction, Uint8Array][] = []
  const relay = createServer(near => relayed(near, said, server))
  await new Promise<void>(done => relay.listen(0, '127.0.0.1', done))
  try {
    return await spoken((relay.address() as AddressInfo).port, options, said)
  } finally {
    relay.close()
    if (options.server === undefined) server.close()
  }
}

async function relayed(near: Socket, said: [Direction, Uint8Array][], server: Server): Promise<void> {
  const far = connect(await server.port(), '127.0.0.1')
  const pass = (from: Socket, to: Socket, direction: Direction): void => {
    from.on('data', bytes => {
      said.push([direction, new Uint8Array(bytes)])
      to.write(bytes)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
  }
  pass(near, far, CLIENT)
  pass(far, near, SERVER)
}

function spoken(port: number, options: SessionOptions, said: readonly [Direction, Uint8Array][]): Promise<Recorded> {
  const { version, ciphers, session } = options
  return new Promise((done, fail) => {
    const lines: string[] = []
    let kept: Buffer | null = null
    let got = 0
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: withLevel(ciphers),
      ...(session == null ? {} : { session }),
    })
    socket.on('keylog', line => lines.push(line.toString()))
    socket.on('session', ticket => {
      kept = ticket
    })
    socket.on('secureConnect', () => socket.write(FROM_CLIENT))
    socket.on('data', more => {
      got += more.length
    })
    socket.on('error', fail)
    let spokenVersion = ''
    let cipher = ''
    let resumed = false
    socket.on('secureConnect', () => {
      spokenVersion = socket.getProtocol() ?? ''
      cipher = socket.getCipher().standardName
      resumed = socket.isSessionReused()
    })
    socket.on('close', () => {
      if (got !== FROM_SERVER.length) return fail(new Error(`the server's answer has ${got} bytes`))
      done({ said, keyLog: lines.join(''), version: spokenVersion, cipher, resumed, session: kept })
    })
  })
}

function withLevel(ciphers: string): string {
  // Suites of TLS 1.3 alone are no list.
  return `${ciphers}${ciphers.startsWith('TLS_') ? ':DEFAULT' : ''}:@SECLEVEL=0`
}

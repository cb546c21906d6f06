/** What is planted in a capture, and the bytes that it is written with. */
import { concat } from '../support/bytes.ts'

/** What is planted. Addresses apart, which have forms of their own. */
export const PLANTED = {
  host: 'zqorchid17',
  domain: 'kestrelcorp',
  full: 'zqorchid17.kestrelcorp.example',
  user: 'marigoldfennimore',
  netbios: 'KESTRELDOM',
  workstation: 'ZQLAPTOP77',
  token: 'PlantedZebraToken9981',
  path: 'plantedquagga',
  company: 'Umbrellabird',
  cyrillic: 'Ястреб',
} as const
export const ADDRESSES = ['203.0.113.77', '198.51.100.93', '192.168.44.201'] as const
export const ADDRESS_V6 = '2001:db8:77:beef:9a3c:71d4:e5f6:1b2d'
/** The hardware address of the hosts of test/support/packets.ts. */
export const HARDWARE = '020000000009'

export const [CLIENT_ADDRESS, SERVER_ADDRESS, INNER_ADDRESS] = ADDRESSES
export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const wide = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'utf16le'))
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)
export const u16le = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8)
export const u32le = (value: number): Uint8Array => concat(u16le(value & 0xffff), u16le(value >>> 16))
export const address = (value: string): Uint8Array => Uint8Array.from(value.split('.').map(Number))

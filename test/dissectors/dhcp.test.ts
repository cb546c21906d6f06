/** DHCP. Bytes after RFC 2131 section 2 and RFC 2132. */
import { describe, expect, it } from 'vitest'
import { dhcp } from '../../dissectors/dhcp.ts'
import { NO, SURE } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsDatagram } from '../support/conformance.ts'
import { facts, tree } from '../support/read.ts'

const HEAD = '01 06 00 39 03 f3 26 00 00 80 00'
const ADDRESSES = '00 00 00 00 c0 00 02 64 00 00 00 00 00 00 00 00'
const MAC = `02 00 00 00 01 02 ${'00'.repeat(10)}`
const NAMES = '00'.repeat(192)
const MAGIC = '63 82 53 63'
const offer = bytes(`02 ${HEAD} ${ADDRESSES} ${MAC} ${NAMES} ${MAGIC}
  35 01 02 01 04 ff ff ff 00 03 04 c0 00 02 01 06 08 c0 00 02 35 c6 33 64 35 1a 02 05 78
  0f 08 "lab.test" 33 04 00 00 0e 10 36 04 c0 00 02 01 ff`)
const discover = bytes(`01 ${HEAD} ${'00'.repeat(16)} ${MAC} ${NAMES} ${MAGIC}
  35 01 01 3d 07 01 02 00 00 00 01 02 37 04 01 03 06 1a 51 08 05 00 00 "host1" 0c 05 "host1" ff`)

conformsDatagram(dhcp, { offer, discover })

describe('DHCP', () => {
  it('tells what a host learns', () => {
    expect(facts(dhcp, 'server', offer)).toEqual([
      {
        kind: 'dhcp',
        operation: 2,
        type: 2,
        client: '',
        address: '192.0.2.100',
        options: {
          type: 2,
          mtu: 1400,
          mask: '255.255.255.0',
          routers: ['192.0.2.1'],
          nameServers: ['192.0.2.53', '198.51.100.53'],
          domain: 'lab.test',
          server: '192.0.2.1',
          leaseSeconds: 3600,
          host: '',
          requested: '',
          ended: true,
        },
        complete: true,
      },
    ])
  })

  it('names its fields as Wireshark does', () => {
    const read = tree(dhcp, 'client', discover)
    expect(read.field('dhcp.option.dhcp')?.value).toBe(1)
    expect(read.fields('dhcp.hw.mac_addr')).toHaveLength(2)
    expect(read.fields('dhcp.option.request_list_item').map(({ value }) => value)).toEqual([1, 3, 6, 26])
    expect(read.field('dhcp.fqdn.name')?.value).toBe('host1')
    expect(tree(dhcp, 'server', offer).field('dhcp.option.interface_mtu')?.value).toBe(1400)
  })

  it('is recognised at its ports alone', () => {
    expect(dhcp.probe(offer, 0, offer.length, 67)).toBe(SURE)
    expect(dhcp.probe(offer, 0, offer.length, 53)).toBe(NO)
  })
})

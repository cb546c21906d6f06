import { describe, expect, it } from 'vitest'
import '../../src/inspect/inspect.ts'
import { treatedFields, treatmentOf } from '../../src/redact/fields.ts'
import { fieldsByName } from '../../src/wire/field.ts'

const known = fieldsByName()
const all = [...known.values()].flat()

describe('the table of fields', () => {
  it('names fields that there are', () => {
    expect(treatedFields.filter(name => !known.has(name) && !known.has(`d${name}`))).toEqual([])
  })

  it('lets no text and no bytes through but those that it names', () => {
    const through = all.filter(one => (one.format === 'text' || one.format === 'bytes') && treatmentOf(one) === 'keep')
    expect(through.filter(({ name }) => !treatedFields.includes(name.replace(/^dtls/, 'tls')))).toEqual([])
  })

  it('replaces every address, apart from masks and a magic number', () => {
    const kept = all.filter(({ format }) => format === 'ipv4' || format === 'ipv6' || format === 'ether')
    expect(
      kept
        .filter(one => treatmentOf(one) === 'keep')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['dhcp.cookie', 'dhcp.option.subnet_mask', 'icmp.address_mask'])
  })

  it('treats DTLS as TLS', () => {
    for (const { name, format } of all.filter(one => one.name.startsWith('dtls.handshake.'))) {
      const twin = known.get(name.slice(1))?.[0]
      if (twin !== undefined && twin.format === format)
        expect(treatmentOf(twin), name).toBe(treatmentOf((known.get(name) ?? [])[0] ?? twin))
    }
  })

  it('keeps nothing that was typed', () => {
    const typed = all.filter(({ name }) => /keycode|unicode\.code|[xy]pos$/.test(name))
    expect(typed.length).toBeGreaterThan(3)
    expect(typed.filter(one => treatmentOf(one) !== 'empty')).toEqual([])
  })
})

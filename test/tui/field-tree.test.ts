import { describe, expect, it } from 'vitest'
import type { InspectedPacket } from '../../src/inspect/packet.ts'
import { Canvas } from '../../src/tui/canvas.ts'
import { FieldTreePane } from '../../src/tui/panes/field-tree.ts'
import { theme } from '../../src/tui/theme.ts'
import type { Ui } from '../../src/tui/view.ts'
import { field, Node } from '../../src/wire/field.ts'

const names = {
  one: field('treetest', 'One', 'group'),
  part: field('treetest.part', 'Part', 'group'),
  code: field('treetest.code', 'Code'),
  text: field('treetest.text', 'Text', 'text'),
  two: field('treetest2', 'Two', 'group'),
}

function node(of: (typeof names)[keyof typeof names], value: number | string, children: Node[] | null = null): Node {
  const made = new Node(of, 0, 1, value)
  made.children = children
  return made
}

function packet(code: number): InspectedPacket {
  const layer = { bytes: Uint8Array.of(1, 2), base: 0, source: 'packet', pdu: null } as const
  return {
    number: 1,
    timeNs: 0,
    originalLength: 2,
    linkType: 1,
    interfaceId: 0,
    bytes: Uint8Array.of(1, 2),
    conversation: -1,
    transport: null,
    layers: [
      {
        ...layer,
        tree: node(names.one, '', [node(names.part, '', [node(names.code, code), node(names.text, 'said')])]),
      },
      { ...layer, tree: node(names.two, '', [node(names.code, 7)]) },
    ],
  }
}

const ui: Ui = {
  theme: theme('dark', 256),
  unicode: true,
  open: () => {},
  back: () => {},
  say: () => {},
  ask: () => {},
  redraw: () => {},
  copy: () => {},
  background: () => {},
}

function rows(pane: FieldTreePane): string[] {
  const canvas = new Canvas(40, 8)
  pane.draw(canvas, { x: 0, y: 0, width: 40, height: 8 }, true)
  return Array.from({ length: 8 }, (_, row) =>
    canvas.chars
      .slice(row * 40, row * 40 + 40)
      .join('')
      .trimEnd(),
  ).filter(line => line !== '')
}

function shown(code = 1): FieldTreePane {
  const pane = new FieldTreePane(ui)
  pane.show(packet(code))
  rows(pane)
  return pane
}

describe('FieldTreePane', () => {
  it('begins with the layers, folded', () => {
    expect(rows(shown())).toEqual([' ▸ One', ' ▸ Two'])
  })

  it('unfolds to the right and folds to the left, then goes to the parent', () => {
    const pane = shown()
    for (const action of ['right', 'down', 'right', 'down'] as const) pane.act(action)
    expect(rows(pane)).toEqual([' ▾ One', '   ▾ Part', '       Code: 1', '       Text: said', ' ▸ Two'])
    expect(pane.chosen?.node.field.name).toBe('treetest.code')
    pane.act('left')
    expect(pane.chosen?.node.field.name).toBe('treetest.part')
    pane.act('left')
    expect(rows(pane)).toEqual([' ▾ One', '   ▸ Part', ' ▸ Two'])
  })

  it('opens and closes with Enter, and all at once', () => {
    const pane = shown()
    pane.act('open')
    expect(rows(pane)).toHaveLength(3)
    pane.act('open')
    expect(rows(pane)).toHaveLength(2)
    pane.act('unfold-all')
    expect(rows(pane)).toHaveLength(6)
    pane.act('fold-all')
    expect(rows(pane)).toHaveLength(2)
  })

  it('keeps what is unfolded, and the field that is chosen, in the next packet', () => {
    const pane = shown()
    expect(pane.reveal('treetest.text')).toBe(true)
    pane.show(packet(2))
    expect(rows(pane)[2]).toBe('       Code: 2')
    expect(pane.chosen?.node.field.name).toBe('treetest.text')
  })

  it('says when there is no such field, and survives that there is no packet', () => {
    const pane = shown()
    expect(pane.reveal('treetest.absent')).toBe(false)
    pane.show(null)
    expect(rows(pane)).toEqual([])
    for (const action of ['right', 'left', 'open', 'up', 'down', 'last', 'unfold-all', 'fold-all'] as const)
      pane.act(action)
    expect(pane.chosen).toBeNull()
  })

  it('scrolls a long line to the left, and back before it goes to the parent', () => {
    const pane = new FieldTreePane(ui)
    const long = packet(1)
    const text = node(names.text, 'a'.repeat(50).concat('z'.repeat(10)))
    pane.show({
      ...long,
      layers: [{ ...(long.layers[0] as InspectedPacket['layers'][0]), tree: node(names.one, '', [text]) }],
    })
    pane.act('right')
    pane.act('down')
    expect(rows(pane)[1]).toMatch(/a…$/)
    for (let nth = 0; nth < 20; nth++) {
      pane.act('right')
      rows(pane)
    }
    expect(rows(pane)).toEqual([expect.stringMatching(/z$/)])
    pane.act('left')
    expect(pane.chosen?.node.field.name).toBe('treetest.text')
  })
})

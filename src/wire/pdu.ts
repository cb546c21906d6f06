import { latin1, NO_BYTES, utf8, utf16le } from './bytes.ts'
import type { Fault, LimitBy } from './fault.ts'
import { type Field, field, Node, type Severity, type Value } from './field.ts'
import { MAX_GROUP_DEPTH, MAX_TREE_NODES } from './limits.ts'

/** Why a PDU ends where it does: index into {@link LIMITS}. */
export type Cut = 0 | 2 | 3 | 4
export const CUT_BY_FRAME = 0
export const CUT_BY_CAPTURE = 2
export const CUT_BY_CLOSE = 3
export const CUT_BY_TOOL = 4
const BY_LENGTH = 1
const LIMITS: readonly LimitBy[] = ['frame', 'length', 'capture', 'close', 'tool']

const root = field('pdu', 'PDU', 'group')
const unread = field('data.rest', 'Unread bytes', 'bytes')

/**
 * A cursor over one PDU. A read past the limit of the innermost group records the fault, moves to that limit and yields 0
 * or '': it never throws. Everything after it in the group is short too, so `left` is 0 and loops end; the group that
 * encloses it goes on behind it. When somebody watches, the same reads build the field tree; otherwise nothing is recorded.
 */
export class Pdu {
  bytes: Uint8Array = NO_BYTES
  /** Of the PDU, in `bytes`. */
  start = 0
  /** Where it starts in the bytes that it was given in: they are others once it was rewritten. */
  origin = 0
  pos = 0
  /** Of the innermost group, never beyond what is there. */
  limit = 0
  /** The first one. */
  fault: Fault | null = null
  private by = 0
  private byField: Field | null = null
  private depth = 0
  /** The path of open nodes; null when nobody watches. */
  private path: Node[] | null = null
  private nodes = 0
  /** Other names for some fields; null while each has its own. */
  private names: ReadonlyMap<Field, Field> | null = null
  /** The leaf read last, of which `bits` are parts. */
  private last: Node | null = null
  private readonly ends = new Int32Array(MAX_GROUP_DEPTH)
  private readonly limits = new Int32Array(MAX_GROUP_DEPTH)
  private readonly bys = new Uint8Array(MAX_GROUP_DEPTH)
  private readonly byFields: (Field | null)[] = new Array<Field | null>(MAX_GROUP_DEPTH).fill(null)

  /** Makes it a cursor over bytes[start, end). One object serves all PDUs. */
  reset(bytes: Uint8Array, start: number, end: number, cut: Cut = CUT_BY_FRAME): this {
    this.bytes = bytes
    this.start = start
    this.origin = start
    this.pos = start
    this.limit = end
    this.by = cut
    this.byField = null
    this.fault = null
    this.depth = 0
    this.path = null
    this.last = null
    this.names = null
    return this
  }

  /**
   * The PDU as its sender had it before he moved some of its bytes: equally long, and read from the start. Its tree lies in
   * these bytes. To be called before anything is read.
   */
  rewrite(bytes: Uint8Array): void {
    const [root] = this.path ?? []
    if (root !== undefined) {
      root.start = 0
      root.end = bytes.length
    }
    this.bytes = bytes
    this.start = 0
    this.pos = 0
    this.limit = bytes.length
  }

  /** From here on these fields go by other names: what TLS and DTLS share is read by the same functions. */
  rename(names: ReadonlyMap<Field, Field>): void {
    this.names = names
  }

  /** From here on the reads build a tree below the node that this answers; `f` is the protocol's own field. */
  watch(f: Field = root): Node {
    const node = new Node(f, this.start, this.limit, '')
    node.children = []
    this.path = [node]
    this.nodes = 0
    return node
  }

  /** This PDU is one of another protocol, which shares the stream with the layer's own: its tree has that name. */
  retitle(f: Field): void {
    const top = this.path?.[0]
    if (top !== undefined) top.field = f
  }

  /** Reads go on below the root of a tree that is there already. */
  resume(root: Node): void {
    root.children ??= []
    this.path = [root]
    this.last = null
  }

  /** Somebody wants the tree: what only the tree needs may be worked out now. */
  get watched(): boolean {
    return this.path !== null
  }

  get ok(): boolean {
    return this.fault === null
  }

  /** The PDU ends where it does because the capture, the sender or this tool cut it: its length says nothing. */
  get isCut(): boolean {
    return (this.depth === 0 ? this.by : (this.bys[0] as number)) > BY_LENGTH
  }

  /** Bytes up to the limit of the innermost group. */
  get left(): number {
    return this.limit - this.pos
  }

  /** Bytes from the start of the PDU. */
  get offset(): number {
    return this.pos - this.start
  }

  u8(f: Field): number {
    const at = this.pos
    if (at >= this.limit) return this.short(f, 1)
    this.pos = at + 1
    const value = this.bytes[at] as number
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u16be(f: Field): number {
    const at = this.pos
    if (at + 2 > this.limit) return this.short(f, 2)
    this.pos = at + 2
    const value = ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u16le(f: Field): number {
    const at = this.pos
    if (at + 2 > this.limit) return this.short(f, 2)
    this.pos = at + 2
    const value = ((this.bytes[at + 1] as number) << 8) | (this.bytes[at] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u24be(f: Field): number {
    const at = this.pos
    if (at + 3 > this.limit) return this.short(f, 3)
    this.pos = at + 3
    const bytes = this.bytes
    const value = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u32be(f: Field): number {
    const at = this.pos
    if (at + 4 > this.limit) return this.short(f, 4)
    this.pos = at + 4
    const b = this.bytes
    const value =
      (((b[at] as number) << 24) |
        ((b[at + 1] as number) << 16) |
        ((b[at + 2] as number) << 8) |
        (b[at + 3] as number)) >>>
      0
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u32le(f: Field): number {
    const at = this.pos
    if (at + 4 > this.limit) return this.short(f, 4)
    this.pos = at + 4
    const b = this.bytes
    const value =
      (((b[at + 3] as number) << 24) |
        ((b[at + 2] as number) << 16) |
        ((b[at + 1] as number) << 8) |
        (b[at] as number)) >>>
      0
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  u24le(f: Field): number {
    const at = this.pos
    if (at + 3 > this.limit) return this.short(f, 3)
    this.pos = at + 3
    const bytes = this.bytes
    const value = ((bytes[at + 2] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  i32be(f: Field): number {
    return this.signed(f, true)
  }

  i32le(f: Field): number {
    return this.signed(f, false)
  }

  u64be(f: Field): bigint {
    return this.wide(f, true)
  }

  u64le(f: Field): bigint {
    return this.wide(f, false)
  }

  /**
   * Parts of the value read last: one field a bit or a few, told by their masks. Of up to four plain bytes too, the first
   * one highest. Only the tree wants them.
   */
  bits(...fields: readonly Field[]): void {
    const whole = this.last
    if (this.path === null || whole === null) return
    const number = this.numberOf(whole)
    if (number === null) return
    for (const f of fields) {
      if (this.nodes++ >= MAX_TREE_NODES) return
      const lowest = f.mask & -f.mask
      const value = ((number & f.mask) >>> 0) / (lowest >>> 0)
      whole.children ??= []
      whole.children.push(new Node(this.names?.get(f) ?? f, whole.start, whole.end, value))
    }
  }

  /** Goes on so many bytes from the start of the PDU, when that lies ahead: for formats that point at their parts. */
  seek(offset: number): void {
    const at = this.start + offset
    if (at > this.pos) this.pos = Math.min(at, this.limit)
  }

  /** `length` bytes that only the tree wants. Yields where they start, or -1 when they are not all there. */
  mark(f: Field, length: number): number {
    const at = this.pos
    if (length > this.limit - at) {
      this.short(f, length)
      return -1
    }
    this.pos = at + length
    if (this.path !== null) this.leaf(f, at, f.format === 'text' ? latin1(this.bytes, at, at + length) : '')
    return at
  }

  /** `length` bytes as a string, one character a byte. */
  text(f: Field, length: number): string {
    const at = this.pos
    if (length > this.limit - at) {
      this.short(f, length)
      return ''
    }
    this.pos = at + length
    const value = latin1(this.bytes, at, at + length)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  /** `length` bytes as UTF-16LE. */
  utf16le(f: Field, length: number): string {
    const at = this.pos
    if (length > this.limit - at) {
      this.short(f, length)
      return ''
    }
    this.pos = at + length
    const value = utf16le(this.bytes, at, at + length)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  /** `length` bytes as UTF-8; what is none becomes U+FFFD. */
  utf8(f: Field, length: number): string {
    const at = this.pos
    if (length > this.limit - at) {
      this.short(f, length)
      return ''
    }
    this.pos = at + length
    const value = utf8(this.bytes, at, at + length)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  /** `length` bytes of their own, which outlive the window. */
  copy(f: Field, length: number): Uint8Array {
    const at = this.mark(f, length)
    return at < 0 ? NO_BYTES : this.bytes.slice(at, at + length)
  }

  /** `length` bytes whose value was worked out elsewhere: bits of a byte, a compressed name, a date. */
  value(f: Field, length: number, value: Value): void {
    const at = this.pos
    if (length > this.limit - at) {
      this.short(f, length)
      return
    }
    this.pos = at + length
    if (this.path !== null) this.leaf(f, at, value)
  }

  /** A value out of the next `length` bytes, which other fields hold too: the cursor stays. Only the tree wants it. */
  overlay(f: Field, length: number, value: Value): void {
    if (this.path !== null && length <= this.limit - this.pos) this.leaf(f, this.pos, value, this.pos + length)
  }

  /** A part of the leaf read last: so many bytes, `from` its start on. Only the tree wants it. */
  detail(f: Field, from: number, length: number, value: Value): void {
    const whole = this.last
    if (this.path === null || whole === null || this.nodes++ >= MAX_TREE_NODES) return
    const start = Math.min(whole.start + from, whole.end)
    whole.children ??= []
    whole.children.push(new Node(f, start, Math.min(start + length, whole.end), value))
  }

  /** A value that has no byte of its own: bits of the field just read, or something worked out. Only the tree wants it. */
  derived(f: Field, value: Value): void {
    if (this.path !== null) this.leaf(f, this.pos, value)
  }

  /** Bytes from here to the next such byte, not counting it; -1 when there is none before the limit. */
  until(byte: number): number {
    const bytes = this.bytes
    const limit = this.limit
    for (let at = this.pos; at < limit; at++) if (bytes[at] === byte) return at - this.pos
    return -1
  }

  /** The byte `ahead` places from here, or -1 beyond the limit. */
  peek(ahead = 0): number {
    const at = this.pos + ahead
    return at < this.limit ? (this.bytes[at] as number) : -1
  }

  /** A group without a length of its own. */
  group(f: Field): void {
    this.open(f, this.limit - this.pos, null, false)
  }

  /** A group whose length a field gave: nothing inside reads beyond it, and `end` goes on behind it whatever happened inside. */
  sized(f: Field, length: number, by: Field, value: Value = ''): void {
    this.open(f, length, by, true, value)
  }

  /** Like `sized`, without a node of its own in the tree: what is read inside stands in the group around it. */
  bounded(length: number, by: Field): void {
    this.open(by, length, by, true, null)
  }

  end(): void {
    const depth = --this.depth
    if (depth < 0) {
      this.depth = 0
      return
    }
    if (depth >= MAX_GROUP_DEPTH) return
    const sizedEnd = this.ends[depth] as number
    if (this.path !== null) {
      if (sizedEnd >= 0 && this.pos < sizedEnd) this.leaf(unread, this.pos, '', sizedEnd)
      const node = this.path.pop()
      const isOwn = node !== this.path[this.path.length - 1]
      if (node !== undefined && isOwn) node.end = sizedEnd >= 0 ? sizedEnd : this.pos
    }
    if (sizedEnd >= 0) this.pos = sizedEnd
    this.limit = this.limits[depth] as number
    this.by = this.bys[depth] as number
    this.byField = this.byFields[depth] as Field | null
  }

  /** A remark on the node read last. Only the tree wants it. */
  note(severity: Severity, remark: string): void {
    if (this.path === null) return
    const top = this.path[this.path.length - 1]
    const node = top?.children?.[top.children.length - 1] ?? top
    if (node === undefined) return
    node.severity = severity
    node.remark = remark
  }

  private open(f: Field, length: number, by: Field | null, sized: boolean, value: Value | null = ''): void {
    const depth = this.depth++
    if (depth >= MAX_GROUP_DEPTH) {
      this.fail(f, length, CUT_BY_TOOL, null)
      this.pos = this.limit
      return
    }
    this.limits[depth] = this.limit
    this.bys[depth] = this.by
    this.byFields[depth] = this.byField
    if (this.path !== null) {
      // A bound without a node: the node at hand stands for it, twice in the path.
      const node = value !== null ? this.leaf(f, this.pos, value) : (this.path[this.path.length - 1] as Node)
      node.children ??= []
      this.path.push(node)
    }
    if (!sized) {
      this.ends[depth] = -1
      return
    }
    let inside = length
    const had = this.limit - this.pos
    if (inside > had) {
      // The outer reason stays: it is what cut the group.
      this.fail(f, inside, this.by, this.byField)
      inside = had
    } else {
      this.by = BY_LENGTH
      this.byField = by
    }
    this.limit = this.pos + inside
    this.ends[depth] = this.limit
  }

  private short(f: Field, wanted: number): 0 {
    this.fail(f, wanted, this.by, this.byField)
    if (this.path !== null && this.pos < this.limit) this.leaf(unread, this.pos, '', this.limit)
    this.pos = this.limit
    return 0
  }

  private fail(f: Field, wanted: number, by: number, byField: Field | null): void {
    if (this.fault === null) {
      this.fault = {
        field: (this.names?.get(f) ?? f).name,
        at: this.pos - this.start,
        wanted,
        had: this.limit - this.pos,
        by: LIMITS[by] as LimitBy,
        byField: byField === null ? '' : (this.names?.get(byField) ?? byField).name,
      }
    }
    if (this.path !== null) this.note('error', `${f.name} does not fit`)
  }

  private signed(f: Field, bigEndian: boolean): number {
    const at = this.pos
    if (at + 4 > this.limit) return this.short(f, 4)
    this.pos = at + 4
    const b = this.bytes
    const [first, second, third, fourth] = bigEndian ? [at, at + 1, at + 2, at + 3] : [at + 3, at + 2, at + 1, at]
    const value =
      ((b[first as number] as number) << 24) |
      ((b[second as number] as number) << 16) |
      ((b[third as number] as number) << 8) |
      (b[fourth as number] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  private wide(f: Field, bigEndian: boolean): bigint {
    const at = this.pos
    if (at + 8 > this.limit) {
      this.short(f, 8)
      return 0n
    }
    this.pos = at + 8
    let value = 0n
    for (let n = 0; n < 8; n++) value = (value << 8n) | BigInt(this.bytes[bigEndian ? at + n : at + 7 - n] as number)
    if (this.path !== null) this.leaf(f, at, value)
    return value
  }

  private numberOf(node: Node): number | null {
    if (typeof node.value === 'number') return node.value
    if (node.field.format !== 'bytes' || node.end - node.start > 4) return null
    let value = 0
    for (let at = node.start; at < node.end; at++) value = (value << 8) | (this.bytes[at] as number)
    return value
  }

  private leaf(f: Field, start: number, value: Value, end = this.pos): Node {
    const node = new Node(this.names?.get(f) ?? f, start, end, value)
    this.last = node
    if (this.nodes++ >= MAX_TREE_NODES) return node
    const top = this.path?.[this.path.length - 1]
    if (top !== undefined) {
      top.children ??= []
      top.children.push(node)
    }
    return node
  }
}

/**
 * Resource records of DNS.
 *
 * RFC 1035 sections 3.3 and 4.1.3, RFC 3596 (AAAA), RFC 2782 (SRV), RFC 6891 (OPT), RFC 6762 section 10.2 (cache flush),
 * RFC 9460 (SVCB and HTTPS), RFC 4034 (DNSSEC).
 */
import { recordTypes } from '../src/codes/dns.ts'
import { bits, type Field, field, flag } from '../src/wire/field.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readName } from './dns-name.ts'
import { ipv4Text, ipv6Text } from './ip-address.ts'

export interface DnsRecord {
  readonly name: string
  readonly type: number
  /** An address (A, AAAA), a name (CNAME, PTR, SRV target), otherwise ''. */
  readonly data: string
  readonly ttlSeconds: number
}

const A = 1
const NS = 2
const CNAME = 5
const SOA = 6
const PTR = 12
const HINFO = 13
const MX = 15
const TXT = 16
const AAAA = 28
const SRV = 33
const DNAME = 39
const OPT = 41
const DS = 43
const RRSIG = 46
const DNSKEY = 48

const classes: ReadonlyMap<number, string> = new Map([
  [1, 'IN'],
  [3, 'CH'],
  [4, 'HS'],
  [254, 'NONE'],
  [255, 'ANY'],
])
export const questionClass = field('dns.qry.class', 'Class', 'hex', classes)
export const unicastWanted = bits('dns.qry.qu', 'Unicast answer wanted', 0x8000, 'flag')

const one = field('dns.resp', 'Resource record', 'group')
const name = field('dns.resp.name', 'Name', 'text')
const type = field('dns.resp.type', 'Type', 'dec', recordTypes)
const recordClass = field('dns.resp.class', 'Class', 'hex', classes)
const cacheFlush = bits('dns.resp.cache_flush', 'Cache flush', 0x8000, 'flag')
const timeToLive = field('dns.resp.ttl', 'Time to live')
const length = field('dns.resp.len', 'Data length')
const data = field('dns.resp.data', 'Data', 'group')
const bytes = field('dns.data', 'Data', 'bytes')
const a = field('dns.a', 'Address', 'ipv4')
const aaaa = field('dns.aaaa', 'AAAA Address', 'ipv6')
const cname = field('dns.cname', 'CNAME', 'text')
const ns = field('dns.ns', 'Name server', 'text')
const ptr = field('dns.ptr.domain_name', 'Domain name', 'text')
const dname = field('dns.dname', 'DNAME', 'text')
const mx = {
  preference: field('dns.mx.preference', 'Preference'),
  exchange: field('dns.mx.mail_exchange', 'Mail exchange', 'text'),
}
const srv = {
  priority: field('dns.srv.priority', 'Priority'),
  weight: field('dns.srv.weight', 'Weight'),
  port: field('dns.srv.port', 'Port'),
  target: field('dns.srv.target', 'Target', 'text'),
}
const soa = {
  server: field('dns.soa.mname', 'Primary name server', 'text'),
  mailbox: field('dns.soa.rname', "Responsible authority's mailbox", 'text'),
  numbers: [
    field('dns.soa.serial_number', 'Serial number'),
    field('dns.soa.refresh_interval', 'Refresh interval'),
    field('dns.soa.retry_interval', 'Retry interval'),
    field('dns.soa.expire_limit', 'Expire limit'),
    field('dns.soa.minimum_ttl', 'Minimum time to live'),
  ],
}
const txt = { length: field('dns.txt.length', 'TXT length'), text: field('dns.txt', 'TXT', 'text') }
const hinfo = [
  [field('dns.hinfo.cpu_length', 'CPU length'), field('dns.hinfo.cpu', 'CPU', 'text')],
  [field('dns.hinfo.os_length', 'OS length'), field('dns.hinfo.os', 'OS', 'text')],
] as const
const extension = {
  payloadSize: field('dns.rr.udp_payload_size', 'UDP payload size'),
  code: field('dns.resp.ext_rcode', 'Higher bits of the reply code', 'hex'),
  version: field('dns.resp.edns0_version', 'EDNS version'),
  flags: field('dns.resp.z', 'Z', 'hex'),
  parts: [flag('dns.resp.z.do', 'DNSSEC wanted', 0x8000), bits('dns.resp.z.reserved', 'Reserved', 0x7fff, 'hex')],
  option: field('dns.opt', 'Option', 'group'),
  optionCode: field('dns.opt.code', 'Option code'),
  optionLength: field('dns.opt.len', 'Option length'),
  optionData: field('dns.opt.data', 'Option data', 'bytes'),
}
const signer = {
  keyTag: field('dns.ds.key_id', 'Key id', 'hex'),
  algorithm: field('dns.ds.algorithm', 'Algorithm'),
  digestType: field('dns.ds.digest_type', 'Digest type'),
  digest: field('dns.ds.digest', 'Digest', 'bytes'),
}
const signature = {
  covered: field('dns.rrsig.type_covered', 'Type covered', 'dec', recordTypes),
  algorithm: field('dns.rrsig.algorithm', 'Algorithm'),
  labels: field('dns.rrsig.labels', 'Labels'),
  ttl: field('dns.rrsig.original_ttl', 'Original time to live'),
  expiration: field('dns.rrsig.signature_expiration', 'Signature expiration', 'time'),
  inception: field('dns.rrsig.signature_inception', 'Signature inception', 'time'),
  keyTag: field('dns.rrsig.key_tag', 'Key tag'),
  signer: field('dns.rrsig.signers_name', "Signer's name", 'text'),
  signature: field('dns.rrsig.signature', 'Signature', 'bytes'),
}
const key = {
  flags: field('dns.dnskey.flags', 'Flags', 'hex'),
  protocol: field('dns.dnskey.protocol', 'Protocol'),
  algorithm: field('dns.dnskey.algorithm', 'Algorithm'),
  key: field('dns.dnskey.public_key', 'Public key', 'bytes'),
}

/** @param isMulticast the highest bit of the class is a flag there */
export function readRecord(pdu: Pdu, isMulticast: boolean): DnsRecord {
  pdu.group(one)
  const owner = readName(pdu, name)
  const what = pdu.u16be(type)
  if (what === OPT) readExtension(pdu)
  else readClass(pdu, recordClass, isMulticast ? cacheFlush : null)
  const ttlSeconds = what === OPT ? 0 : pdu.u32be(timeToLive)
  const size = pdu.u16be(length)
  pdu.sized(data, size, length)
  const said = readData(pdu, what)
  pdu.end()
  pdu.end()
  return { name: owner, type: what, data: said, ttlSeconds }
}

export function readClass(pdu: Pdu, f: Field, highest: Field | null): void {
  if (highest === null || pdu.left < 2) {
    pdu.u16be(f)
    return
  }
  const value = (pdu.peek() << 8) | pdu.peek(1)
  pdu.value(f, 2, value & 0x7fff)
  pdu.detail(highest, 0, 2, value >> 15)
}

/** OPT has other meanings for class and time to live. */
function readExtension(pdu: Pdu): void {
  pdu.u16be(extension.payloadSize)
  pdu.u8(extension.code)
  pdu.u8(extension.version)
  pdu.u16be(extension.flags)
  pdu.bits(...extension.parts)
}

function readData(pdu: Pdu, what: number): string {
  switch (what) {
    case A: {
      const address = pdu.left >= 4 ? ipv4Text(pdu.bytes, pdu.pos) : ''
      pdu.u32be(a)
      return address
    }
    case AAAA: {
      const address = pdu.left >= 16 ? ipv6Text(pdu.bytes, pdu.pos) : ''
      pdu.mark(aaaa, 16)
      return address
    }
    case CNAME:
      return readName(pdu, cname)
    case PTR:
      return readName(pdu, ptr)
    case SRV:
      pdu.u16be(srv.priority)
      pdu.u16be(srv.weight)
      pdu.u16be(srv.port)
      return readName(pdu, srv.target)
    default:
      readOther(pdu, what)
      return ''
  }
}

/** What only the tree wants. */
function readOther(pdu: Pdu, what: number): void {
  switch (what) {
    case NS:
      readName(pdu, ns)
      break
    case DNAME:
      readName(pdu, dname)
      break
    case MX:
      pdu.u16be(mx.preference)
      readName(pdu, mx.exchange)
      break
    case SOA:
      readName(pdu, soa.server)
      readName(pdu, soa.mailbox)
      for (const number of soa.numbers) pdu.u32be(number)
      break
    case TXT:
      while (pdu.left > 0 && pdu.ok) pdu.text(txt.text, pdu.u8(txt.length))
      break
    case HINFO:
      for (const [size, text] of hinfo) pdu.text(text, pdu.u8(size))
      break
    case OPT:
      readOptions(pdu)
      break
    case DS:
      pdu.u16be(signer.keyTag)
      pdu.u8(signer.algorithm)
      pdu.u8(signer.digestType)
      pdu.mark(signer.digest, pdu.left)
      break
    case DNSKEY:
      pdu.u16be(key.flags)
      pdu.u8(key.protocol)
      pdu.u8(key.algorithm)
      pdu.mark(key.key, pdu.left)
      break
    case RRSIG:
      readSignature(pdu)
      break
    default:
      if (pdu.left > 0) pdu.mark(bytes, pdu.left)
  }
}

function readOptions(pdu: Pdu): void {
  for (let n = 0; n < MAX_CHAINED_PARTS && pdu.left > 0 && pdu.ok; n++) {
    pdu.group(extension.option)
    pdu.u16be(extension.optionCode)
    const size = pdu.u16be(extension.optionLength)
    if (size > 0) pdu.mark(extension.optionData, size)
    pdu.end()
  }
}

function readSignature(pdu: Pdu): void {
  pdu.u16be(signature.covered)
  pdu.u8(signature.algorithm)
  pdu.u8(signature.labels)
  pdu.u32be(signature.ttl)
  for (const f of [signature.expiration, signature.inception]) {
    const seconds = ((pdu.peek() << 24) | (pdu.peek(1) << 16) | (pdu.peek(2) << 8) | pdu.peek(3)) >>> 0
    pdu.value(f, 4, BigInt(seconds) * 1_000_000_000n)
  }
  pdu.u16be(signature.keyTag)
  readName(pdu, signature.signer)
  pdu.mark(signature.signature, pdu.left)
}

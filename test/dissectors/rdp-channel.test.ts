import { describe, expect, it } from 'vitest'
import { rdpChannel } from '../../dissectors/rdp-channel.ts'
import { newSession } from '../../dissectors/rdp-session.ts'
import type { Stream } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { CHANNEL_PDU } from '../support/rdp-vectors.ts'
import { Conversation, tree } from '../support/read.ts'

/** One chunk that is whole. */
const chunk = (content: string) => {
  const length = bytes(content).length
  return bytes(`${length.toString(16).padStart(2, '0')} 00 00 00 03 00 00 00 ${content}`)
}
/** MS-RDPEDYC 2.2.2.1 and 2.2.2.2: channel 3 by its name; the client does not know it. */
const CREATE = chunk('10 03 "Microsoft::Windows::RDS::Video" 00')
const REFUSED = chunk('10 03 02 40 00 80')
const ACCEPTED = chunk('10 03 00 00 00 00')

/** The channel on which dynamic channels are opened. */
const dynamic: typeof rdpChannel = Object.assign(Object.create(Object.getPrototypeOf(rdpChannel)), rdpChannel, {
  begin: () => rdpChannel.begin(next('drdynvc')),
})

function next(name: string) {
  return { protocol: 'rdp-channel', hint: { session: { ...newSession(null), channelNames: [name] }, index: 0 } }
}

describe('rdp-channel conforms: it', () => {
  conformsStream(dynamic as Stream<ReturnType<typeof rdpChannel.begin>, unknown>, {
    'a channel refused': turns(
      ['server', chunk('50 00 03 00 a5 3b 33 33 00 00 99 99')],
      ['client', chunk('50 00 03 00')],
      ['server', CREATE],
      ['client', REFUSED],
    ),
    'data between': turns(
      ['server', CREATE],
      ['server', chunk('34 03 aa bb cc')],
      ['server', chunk('24 03 05 00 aa bb')],
      ['server', chunk('80 00 12 00 00 00 03 00 01 00 01 00 00 00 01 00 03 00 00 00')],
      ['client', chunk('90 00 01 00 00 00 01 00 00 00')],
      ['server', chunk('40 03')],
      ['client', REFUSED],
    ),
  })
})

describe('dynamic channels', () => {
  it('that the client refuses are told by name', () => {
    const conversation = new Conversation(rdpChannel, { next: next('drdynvc') })
    conversation.say('server', CREATE).say('client', REFUSED)
    expect(conversation.facts).toEqual([
      { kind: 'dynamic-channel-refused', name: 'Microsoft::Windows::RDS::Video', status: 0x80004002 },
    ])
    expect(conversation.state.dynamic).toEqual({ ids: [], names: [] })
  })

  it('that it accepts are no news', () => {
    const conversation = new Conversation(rdpChannel, { next: next('drdynvc') })
    conversation.say('server', CREATE).say('client', ACCEPTED)
    expect(conversation.facts).toEqual([])
  })
})

describe('any other channel', () => {
  it('shows the header of each chunk', () => {
    const read = tree(rdpChannel, 'server', CHANNEL_PDU)
    expect(read.field('rdp.length')?.value).toBe(28)
    expect(read.field('rdp.channelFlag.last')?.value).toBe(1)
    expect(read.field('rdp.virtualChannelData')).toEqual({ value: '', start: 8, end: 36 })
  })
})

/** `rdpscope decode --stream N`: what the two sides of one conversation said. */
import type { InspectedPacket } from '../inspect/packet.ts'
import { StreamBytes } from '../inspect/stream-bytes.ts'
import { saidText, streamHead } from '../report/stream-text.ts'
import type { TextStyle } from '../report/text-style.ts'
import type { Output } from './output.ts'
import { UsageError } from './status.ts'

/** @throws UsageError when the capture has no such conversation. */
export async function follow(
  packets: AsyncIterable<InspectedPacket>,
  transport: 'tcp' | 'udp',
  conversation: number,
  style: TextStyle,
  results: Output,
): Promise<void> {
  const stream = new StreamBytes(transport, conversation)
  let streams = 0
  for await (const packet of packets) {
    if (results.closed) return
    if (packet.transport === transport) streams = Math.max(streams, packet.conversation + 1)
    stream.add(packet)
  }
  if (stream.sides.length === 0) {
    const name = transport.toUpperCase()
    const range = streams === 0 ? `this capture has no ${name}` : `this capture has ${name} streams 0 to ${streams - 1}`
    throw new UsageError(`no ${name} stream ${conversation}: ${range}`)
  }
  const said = stream.said()
  await results.write(
    streamHead(
      transport,
      conversation,
      stream.sides,
      said.some(({ decrypted }) => decrypted),
    ),
  )
  for (const one of said) await results.write(saidText(one, style))
}

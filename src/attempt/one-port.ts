/** Whether a capture holds more than the packets of one port: a capture filter by port leaves out ICMP, ARP and names. */
import type { Conversation } from '../flow/conversation.ts'

export class OnePort {
  private port = 0
  private others = false

  conversation({ client, server, icmp }: Conversation): void {
    if (this.port === 0) this.port = server.port
    if (icmp.length > 0 || (client.port !== this.port && server.port !== this.port)) this.others = true
  }

  /** The port that all conversations share, about none of which ICMP speaks; 0 where there is none. */
  get alone(): number {
    return this.others ? 0 : this.port
  }
}

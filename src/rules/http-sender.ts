/** Who answered on the way to a gateway, as far as the headers of the answer tell: gateway, proxy or load balancer. RFC 9110 7.6.3, 10.2.4. */
import { httpSender } from '../codes/http-senders.ts'
import type { FactOf } from '../flow/event.ts'
import { header } from './gateway-exchanges.ts'

/** ` It comes from "nginx/1.24.0" (nginx, …), and passed 1.1 proxy1.` as a sentence of its own; '' where nobody signs. */
export function senderSentence(answer: FactOf<'http-response'>): string {
  const server = header(answer, 'server')
  const via = header(answer, 'via')
  const known = httpSender(server)
  const name = server === '' ? '' : `"${server}"${known === '' ? '' : ` (${known})`}`
  // A proxy that answers itself says so there (RFC 9209).
  const own = header(answer, 'proxy-status')
  const parts: string[] = []
  if (name !== '') parts.push(`comes from ${name}`)
  if (via !== '') parts.push(`passed "${via}"`)
  if (own !== '') parts.push(`was made by a proxy ("${own}")`)
  return parts.length === 0 ? '' : ` It ${parts.join(', and ')}.`
}

/** Figures as the sentences of rules write them. */

/** `less than 0.1 ms`, `0.4 ms`, `120 ms`, `3.6 s`, `12 min`. */
export function duration(ns: number): string {
  const ms = ns / 1e6
  if (ms < 0.05) return 'less than 0.1 ms'
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  return `${Math.round(ms / 60_000)} min`
}

/** `1 segment`, `3 segments`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

/** `once`, `twice`, `5 times`. */
export function times(number: number): string {
  if (number === 1) return 'once'
  return number === 2 ? 'twice' : `${number} times`
}

/** `4.2 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

/** `2026-11-21 00:24:53 UTC`. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000)
  // A certificate may hold a time that no calendar has.
  if (Number.isNaN(date.getTime())) return `${seconds} s after 1970`
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `12 days`, `3 hours`: how far a certificate is off. */
export function age(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  if (days >= 1) return count(days, 'day')
  const hours = Math.floor(seconds / 3600)
  return hours >= 1 ? count(hours, 'hour') : count(Math.max(1, Math.round(seconds / 60)), 'minute')
}

export function sideName(direction: 0 | 1): 'client' | 'server' {
  return direction === 0 ? 'client' : 'server'
}

/** Why a WebSocket is closed: the status code of the closing frame. RFC 6455 7.4.1 and its registry at IANA. */

/** Nothing is wrong: normal closure, and a frame without a code. */
export const ORDINARY_CLOSES: ReadonlySet<number> = new Set([1000, 1005])

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [1000, 'normal closure'],
  [1001, 'going away: the server stops, or is taken out of service'],
  [1002, 'protocol error: a frame that the other side did not understand'],
  [1003, 'a kind of data that it does not take'],
  [1005, 'no code given'],
  [1007, 'data that do not fit their kind'],
  [1008, 'a policy forbids it'],
  [1009, 'a message too big to be handled'],
  [1010, 'an extension is missing'],
  [1011, 'an internal error of the server'],
  [1012, 'the service restarts'],
  [1013, 'the server is overloaded: try again later'],
  [1014, 'a gateway or proxy got a bad answer from behind it'],
])

/** `1011 (an internal error of the server)`. */
export function webSocketCloseWords(code: number): string {
  const meaning = MEANINGS.get(code)
  return meaning === undefined ? String(code) : `${code} (${meaning})`
}

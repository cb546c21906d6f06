/**
 * What the server said against the session behind TLS or standard security: Set Error Info, licensing, authorization, MCS.
 * One look for the rules about the end of a session, so that each end has one finding. MS-RDPBCGR 2.2.1.12, 2.2.5.1, 2.2.10.1.1.4,
 * 2.2.10.2, 2.2.17.4, 2.2.18.3, T.125 part 7.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { earlyAuthorizationResults, entraResults, rdstlsResults } from '../codes/authorization.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { type ErrorInfoKind, errorInfoKind, isOrderlyEnd } from '../codes/errinfo-kinds.ts'
import { licenseErrors } from '../codes/license.ts'
import { mcsResults } from '../codes/mcs.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { codeWords } from './code-words.ts'
import { rememberLast } from './remember.ts'

export interface ServerWord {
  readonly event: Event
  /** The Set Error Info's own kind, or what another PDU said. */
  readonly kind: ErrorInfoKind | 'authorization' | 'mcs'
  /** `Set Error Info with ERRINFO_… (0x00000007): server denied the connection`. */
  readonly words: string
  /** Symbol, number and meaning alone. */
  readonly code: string
}

export interface SessionTalk {
  /** Something of the session behind the logon could be read. */
  readonly isRead: boolean
  /** The session was active: read, or told from sizes. */
  readonly active: boolean
  /** The last Set Error Info that tells an error, whatever it is. */
  readonly errorInfo: ServerWord | null
  /** The first refusal in another PDU: early authorization, RDSTLS, Entra, MCS. */
  readonly refusal: ServerWord | null
  /** A licensing error other than "valid client", of either side. */
  readonly licence: Event<FactOf<'license-message'>> | null
  /** Licensing ended well. */
  readonly licensed: Event<FactOf<'license-message'>> | null
  readonly redirection: Event<FactOf<'redirection'>> | null
  /** The server took the session down, and did not bring it up again. */
  readonly deactivated: Event | null
}

type Draft = { -readonly [K in keyof SessionTalk]: SessionTalk[K] }

export const sessionTalkOf: (attempt: Attempt) => SessionTalk = rememberLast(look)

const LICENCE_NEW = 0x03
const LICENCE_UPGRADE = 0x04
const LICENCE_ERROR = 0xff
const STATUS_VALID_CLIENT = 7
/** The redirection PDU only tells: the session goes on here. */
const LB_NOREDIRECT = 0x80

function look(attempt: Attempt): SessionTalk {
  const draft: Draft = {
    isRead: false,
    active: attempt.reached('active'),
    errorInfo: null,
    refusal: null,
    licence: null,
    licensed: null,
    redirection: null,
    deactivated: null,
  }
  for (const event of attempt.explained?.events ?? []) note(draft, event)
  return draft
}

function note(draft: Draft, event: Event): void {
  const { fact, direction } = event
  switch (fact.kind) {
    case 'rdp-client':
    case 'rdp-server':
    case 'client-info':
      draft.isRead = true
      break
    case 'demand-active':
      draft.deactivated = null
      draft.isRead = true
      break
    case 'session-active':
      draft.active = true
      draft.deactivated = null
      draft.isRead = true
      break
    case 'deactivate-all':
      if (direction === SERVER) draft.deactivated = event
      break
    case 'error-info':
      draft.isRead = true
      if (fact.code !== 0) draft.errorInfo = errorWord(event, fact.code)
      break
    case 'license-message':
      noteLicence(draft, event as Event<typeof fact>)
      break
    case 'redirection':
      draft.isRead = true
      if ((fact.flags & LB_NOREDIRECT) === 0) draft.redirection ??= event as Event<typeof fact>
      break
    default:
      if (direction !== CLIENT) draft.refusal ??= refusalWord(event)
  }
}

function errorWord(event: Event, code: number): ServerWord {
  const words = codeWords(errorInfo, code)
  return { event, kind: errorInfoKind(code), words: `Set Error Info with ${words}`, code: words }
}

function noteLicence(draft: Draft, event: Event<FactOf<'license-message'>>): void {
  const { type, code } = event.fact
  draft.isRead = true
  if (type === LICENCE_NEW || type === LICENCE_UPGRADE) draft.licensed ??= event
  else if (type === LICENCE_ERROR && code === STATUS_VALID_CLIENT) draft.licensed ??= event
  else if (type === LICENCE_ERROR) draft.licence ??= event
}

function refusalWord(event: Event): ServerWord | null {
  const { fact } = event
  switch (fact.kind) {
    case 'early-user-authorization':
      return fact.result === 0 || !fact.complete
        ? null
        : word(
            event,
            'authorization',
            'the early user authorization result',
            codeWords(earlyAuthorizationResults, fact.result),
          )
    case 'rdstls-response':
      return fact.result === 0 || !fact.complete
        ? null
        : word(event, 'authorization', 'the RDSTLS result', codeWords(rdstlsResults, fact.result))
    case 'rdsaad-result':
      return fact.result === 0 || !fact.complete
        ? null
        : word(event, 'authorization', 'the Entra ID result', codeWords(entraResults, fact.result))
    case 'mcs-connect-response':
      return fact.result === 0
        ? null
        : word(event, 'mcs', 'an MCS connect response with', codeWords(mcsResults, fact.result))
    case 'mcs-refusal': {
      // A channel that is not joined is missed, not the session.
      if (fact.step !== 'attach-user') return null
      return word(event, 'mcs', 'an MCS attach user confirm with', codeWords(mcsResults, fact.result))
    }
    default:
      return null
  }
}

function word(event: Event, kind: ServerWord['kind'], what: string, code: string): ServerWord {
  return { event, kind, words: `${what} ${code}`, code }
}

/** `ERR_NO_LICENSE_SERVER (0x00000006): …`. */
export function licenceWords({ fact }: Event<FactOf<'license-message'>>): string {
  return codeWords(licenseErrors, fact.code)
}

/** The server said why it would not go on, or sent the client away: nobody needs to guess. */
export function isExplainedByServer(attempt: Attempt): boolean {
  const { errorInfo: word, refusal, licence, redirection, active } = sessionTalkOf(attempt)
  return word !== null || refusal !== null || (licence !== null && !active) || redirection !== null
}

/** The error of a Set Error Info that is no orderly end of this session. */
export function failureOf({ errorInfo: word, active }: SessionTalk): ServerWord | null {
  if (word === null || word.event.fact.kind !== 'error-info') return null
  return isOrderlyEnd(word.event.fact.code, active) ? null : word
}

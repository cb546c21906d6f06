/**
 * Encrypted sessions without keys, from real TLS records of several suites: what the rules infer from their sizes, never as
 * confirmed.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../src/rules/judge.ts'
import { deniedLogonOf, refusedLogonOf, sealedEndOf } from '../../src/rules/sealed-exchange.ts'
import { session } from '../support/conversation.ts'
import { attemptOf, type End, sealedDialogue } from '../support/sealed-dialogue.ts'
import { speaks } from '../support/tls-session.ts'

const SUITES = [
  ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLSv1.2', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLSv1.2', 'AES256-CCM'],
  ['TLSv1.2', 'ECDHE-RSA-AES256-SHA384'],
  ['TLSv1.2', 'AES128-SHA256'],
  ['TLSv1.1', 'AES128-SHA'],
  ['TLSv1', 'AES256-SHA'],
  ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
  ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
] as const
const EARLY = 8
const HYBRID = 2
const TLS = 1
const NTLM = [-57, 295, -700]
const CREDENTIALS = [91, -130]
const LOGON = [...NTLM, ...CREDENTIALS, 4]
const OPENED = [-455, 109, -12, -8, 11, -12, 15, -12, 15, -351]

describe.each(SUITES)('%s %s', (version, ciphers) => {
  const run = it.skipIf(!speaks(version, ciphers))
  const attempted = async (lengths: readonly number[], selected: number, end: End) =>
    attemptOf(await sealedDialogue({ version, ciphers }, lengths), selected, end)
  const padded = ciphers.includes('-SHA') && !ciphers.includes('GCM')
  /** Claims above info, as `rule (word)`. */
  const claimsOf = (attempt: Parameters<typeof judge>[0]) =>
    judge(attempt)
      .filter(({ verdict, severity }) => severity !== 'info' && (verdict === 'confirmed' || verdict === 'likely'))
      .map(({ rule, verdict }) => `${rule.id} (${verdict})`)

  run('a session that works is established, with all its steps, and silent', async () => {
    const attempt = await attempted([...LOGON, ...session(), 500, -60, 36, 9], EARLY, 'client-reset')
    expect(attempt.outcome).toBe('established')
    expect(claimsOf(attempt)).toEqual([])
    const reached = attempt.milestones.filter(({ state }) => state === 'reached').map(({ id }) => id)
    expect(reached).toEqual(['tcp', 'x224', 'security', 'nla', 'mcs', 'licence', 'active'])
    for (const id of ['nla', 'mcs', 'licence', 'active']) {
      expect(
        attempt.milestones.find(step => step.id === id),
        id,
      ).toMatchObject({ inferred: true })
    }
    expect(refusedLogonOf(attempt) ?? deniedLogonOf(attempt) ?? sealedEndOf(attempt)).toBeNull()
  })

  run('a refused logon is likely, where the size of an error code is the last word of the server', async () => {
    for (const selected of [EARLY, HYBRID]) {
      const attempt = await attempted([...NTLM, 15], selected, 'client-reset')
      expect(claimsOf(attempt)).toEqual(['nla-logon-failed (likely)'])
      expect(refusedLogonOf(attempt)?.how).toBe('error')
      expect(attempt.milestones.find(({ id }) => id === 'mcs')?.state ?? 'none').not.toBe('reached')
    }
  })

  run('a user who was known and not let in is told by the size of the authorization result', async () => {
    const attempt = await attempted(LOGON, EARLY, 'client-reset')
    const either = refusedLogonOf(attempt)?.how === 'either'
    expect(either || deniedLogonOf(attempt) !== null).toBe(true)
    // Only padding leaves it open.
    if (either) expect(padded).toBe(true)
    expect(claimsOf(attempt)).toEqual([`${either ? 'nla-logon-failed' : 'server-denied'} (likely)`])
    expect(sealedEndOf(attempt)).toBeNull()
  })

  run('a reason that the server gives behind Client Info, or behind the licence, has its place', async () => {
    const attempt = await attempted([...LOGON, ...OPENED, 36, 9], EARLY, 'client-reset')
    const refused = sealedEndOf(attempt)
    expect(refused).toMatchObject({ step: 'client-info' })
    expect(claimsOf(attempt)).toEqual(padded ? [] : ['server-denied (likely)'])
    expect(judge(attempt).find(({ rule }) => rule.id === 'server-denied')?.verdict).toBe(padded ? 'possible' : 'likely')
    expect(refused?.errorInfo).not.toBeNull()
    const licensed = sealedEndOf(await attempted([...LOGON, ...OPENED, 34, 36, 9], EARLY, 'client-reset'))
    expect(licensed).toMatchObject({ step: 'licence' })
    expect(licensed?.errorInfo).not.toBeNull()
    expect(claimsOf(attempt).filter(claim => claim.includes('confirmed'))).toEqual([])
  })

  run('a server that aborts the opening gives none', async () => {
    const attempt = await attempted([...LOGON, ...OPENED], EARLY, 'server-reset')
    expect(sealedEndOf(attempt)).toMatchObject({ step: 'client-info', errorInfo: null })
    expect(claimsOf(attempt)).toContain(`session-aborted-by-server (${padded ? 'likely' : 'confirmed'})`)
  })

  run('without NLA there is no logon to be refused', async () => {
    const attempt = await attempted([...NTLM, 15], TLS, 'client-reset')
    expect(refusedLogonOf(attempt)).toBeNull()
    expect(claimsOf(attempt)).toEqual([])
  })

  run('nothing is concluded while the connection is open', async () => {
    const attempt = await attempted([...NTLM, 15], EARLY, 'open')
    expect(refusedLogonOf(attempt) ?? deniedLogonOf(attempt) ?? sealedEndOf(attempt)).toBeNull()
  })
})

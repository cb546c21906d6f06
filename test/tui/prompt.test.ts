import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Prompt, type PromptRequest } from '../../src/tui/prompt.ts'
import { hostileText } from '../support/hostile.ts'

function prompt(request: Partial<PromptRequest> = {}): Prompt {
  return new Prompt({ label: 'Filter', enter: () => {}, ...request })
}

function typed(made: Prompt, text: string): Prompt {
  for (const char of text) made.key(char, char)
  return made
}

function keys(made: Prompt, ...names: readonly string[]): Prompt {
  for (const name of names) made.key(name, '')
  return made
}

describe('Prompt', () => {
  it('edits in the middle of the line', () => {
    const made = typed(prompt(), 'tp.port')
    keys(made, 'home', 'right')
    typed(made, 'c')
    expect([made.text, made.cursor]).toEqual(['tcp.port', 2])
    keys(made, 'end', 'backspace', 'C-a', 'delete')
    expect([made.text, made.cursor]).toEqual(['cp.por', 0])
  })

  it('cuts words and the rest of the line', () => {
    const made = typed(prompt(), 'ip && tcp ')
    expect(keys(made, 'C-w').text).toBe('ip && ')
    expect(keys(made, 'home', 'right', 'right', 'C-k').text).toBe('ip')
    expect(keys(made, 'C-u').text).toBe('')
    expect(keys(made, 'C-w', 'backspace', 'delete', 'left').text).toBe('')
  })

  it('goes through its history and back to what was being typed', () => {
    const made = typed(prompt({ history: ['tcp', 'udp'] }), 'ic')
    const seen = ['up', 'up', 'up', 'down', 'down', 'down'].map(key => keys(made, key).text)
    expect(seen).toEqual(['udp', 'tcp', 'tcp', 'udp', 'ic', 'ic'])
  })

  it('remembers what was entered, each line once behind itself', () => {
    const history: string[] = []
    for (const text of ['tcp', 'tcp', 'udp', 'tcp'])
      expect(typed(prompt({ history }), text).key('enter', '')).toBe('entered')
    expect(history).toEqual(['tcp', 'udp', 'tcp'])
  })

  it('shows what is wrong while it is typed, and does not let it be entered', () => {
    const check = (text: string) => (text.includes('=') ? null : { says: 'an operator is missing', at: 3 })
    const made = typed(prompt({ check }), 'port')
    expect(made.fault).toEqual({ says: 'an operator is missing', at: 3 })
    expect(made.key('enter', '')).toBe('open')
    expect(made.cursor).toBe(3)
    typed(keys(made, 'end'), '=1')
    expect(made.fault).toBeNull()
    expect(made.key('enter', '')).toBe('entered')
  })

  it('completes to what all have in common, then one after the other', () => {
    const names = ['tcp.port', 'tcp.ports', 'tcp.push']
    const complete = (word: string) => names.filter(name => name.startsWith(word))
    const made = typed(prompt({ complete }), 'ip and t')
    expect(made.completions).toEqual(names)
    expect(keys(made, 'tab').text).toBe('ip and tcp.p')
    const seen = ['tab', 'tab', 'tab', 'tab'].map(key => keys(made, key).text)
    expect(seen).toEqual(['ip and tcp.port', 'ip and tcp.ports', 'ip and tcp.push', 'ip and tcp.port'])
  })

  it('is left by Esc, and enters nothing then', () => {
    const entered: string[] = []
    const made = typed(prompt({ enter: text => entered.push(text) }), 'x')
    expect(made.key('escape', '')).toBe('left')
    expect(entered).toEqual([])
  })

  it('never stands inside a character or outside its text', () => {
    const names = ['left', 'right', 'home', 'end', 'backspace', 'delete', 'C-w', 'C-u', 'C-k', 'up', 'down', 'tab']
    fc.assert(
      fc.property(fc.array(fc.oneof(hostileText, fc.constantFrom(...names))), steps => {
        const made = prompt({ history: ['👩x', 'tcp'], complete: word => [`${word}👩`, `${word}日`] })
        for (const step of steps) {
          if (names.includes(step)) made.key(step, '')
          else typed(made, step)
          expect(made.cursor).toBeGreaterThanOrEqual(0)
          expect(made.cursor).toBeLessThanOrEqual(made.text.length)
          const around = made.text.slice(made.cursor - 1, made.cursor + 1)
          expect(made.cursor > 0 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(around)).toBe(false)
        }
      }),
    )
  })
})

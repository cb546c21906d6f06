import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html } from '../../../src/report/html/markup.ts'
import { hostileText } from '../../support/hostile.ts'

describe('html', () => {
  it('escapes what is put into it, in content and in attributes', () => {
    const text = `<b onclick="x">&'`
    expect(String(html`<p title="${text}">${text}</p>`)).toBe(
      '<p title="&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;">&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;</p>',
    )
  })

  it('leaves markup of its own as it is, joins lists, and shows nothing of null', () => {
    const items = ['a<', 2, null].map(item => html`<li>${item}</li>`)
    expect(String(html`<ul>${items}</ul>`)).toBe('<ul><li>a&lt;</li><li>2</li><li></li></ul>')
  })

  it('shows control bytes, line ends and marks of direction as escapes', () => {
    expect(String(html`${'a\n\x1b[2J\u202eb\ud800'}`)).toBe('a\\x0a\\x1b[2J\\u202eb\\ud800')
  })

  it('never lets any text be markup', () => {
    fc.assert(
      fc.property(hostileText, text => {
        expect(String(html`${text}`)).not.toMatch(/[<>"'\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u)
      }),
    )
  })
})

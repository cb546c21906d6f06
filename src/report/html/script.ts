/**
 * What makes the tables of a summary sortable and filterable. Everything can be read without it: it adds its buttons and fields
 * itself, and changes the order and visibility of rows alone.
 */
import { html } from './markup.ts'

/** Runs at the end of the page. No text of a capture is ever in it. */
export const script = html`
'use strict'
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0]
  const heads = [...table.tHead.rows[0].cells]
  const keyOf = (row, at) => row.cells[at].dataset.key ?? row.cells[at].textContent.trim()
  const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' })
  for (const [at, head] of heads.entries()) {
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending'
      for (const other of heads) other.removeAttribute('aria-sort')
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending')
      const rows = [...body.rows].sort((a, b) => compare(keyOf(a, at), keyOf(b, at)))
      body.append(...(down ? rows.reverse() : rows))
    })
  }
  if (body.rows.length < 4) continue
  const heading = table.closest('.part').querySelector('h2')
  const label = document.createElement('label')
  label.className = 'filter'
  const field = document.createElement('input')
  field.type = 'search'
  field.setAttribute('aria-label', 'Filter: ' + heading.textContent)
  field.placeholder = 'Filter'
  const count = document.createElement('output')
  label.append(field, count)
  heading.after(label)
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(' ').filter(Boolean)
    let shown = 0
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase()
      row.hidden = !words.every(word => text.includes(word))
      if (!row.hidden) shown++
    }
    count.textContent = words.length === 0 ? '' : shown + ' of ' + body.rows.length
  })
}
`

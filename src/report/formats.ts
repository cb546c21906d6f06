/** The formats of `scan`. The list itself is cheap to load: each format comes with its file when it is used. */
import type { ReportFormat } from './format.ts'

export const formats: readonly ReportFormat[] = [
  {
    name: 'text',
    says: 'for people',
    writer: async settings => (await import('./text.ts')).textWriter(settings),
  },
  {
    name: 'json',
    says: 'rdpscope/report@1, one document',
    writer: async settings => (await import('./json.ts')).jsonWriter(settings),
  },
  {
    name: 'jsonl',
    says: 'the same, one document of one capture a line',
    writer: async settings => (await import('./json-lines.ts')).jsonLinesWriter(settings),
  },
]

/** The formats of `scan`. The list itself is cheap to load: each format comes with its file when it is used. */
import type { ReportFormat } from './format.ts'

export const formats: readonly ReportFormat[] = [
  {
    name: 'text',
    suffixes: ['txt', 'text', 'log'],
    says: 'for people',
    writer: async settings => (await import('./text.ts')).textWriter(settings),
  },
  {
    name: 'json',
    suffixes: ['json'],
    says: 'rdpscope/report@1, one document',
    writer: async settings => (await import('./json.ts')).jsonWriter(settings),
  },
  {
    name: 'jsonl',
    suffixes: ['jsonl', 'ndjson'],
    says: 'the same, one document of one capture a line',
    writer: async settings => (await import('./json-lines.ts')).jsonLinesWriter(settings),
  },
  {
    name: 'sarif',
    suffixes: ['sarif'],
    says: 'SARIF 2.1.0, for code scanning',
    writer: async settings => (await import('./sarif.ts')).sarifWriter(settings),
  },
  {
    name: 'junit',
    suffixes: ['xml'],
    says: 'JUnit XML, for the test reports of CI',
    writer: async () => (await import('./junit.ts')).junitWriter(),
  },
  {
    name: 'github',
    suffixes: [],
    says: 'annotations in GitHub Actions; the summary goes to $GITHUB_STEP_SUMMARY',
    writer: async settings => (await import('./github.ts')).githubWriter(settings),
  },
  {
    name: 'github-summary',
    suffixes: [],
    says: 'that summary alone',
    writer: async settings => (await import('./github-summary.ts')).githubSummaryWriter(settings),
  },
  {
    name: 'md',
    suffixes: ['md', 'markdown'],
    says: 'Markdown, to paste into a ticket',
    writer: async settings => (await import('./markdown.ts')).markdownWriter(settings),
  },
  {
    name: 'html',
    suffixes: ['html', 'htm'],
    says: 'one page for the network team: offline, printable; `rdpscope report` adds packets and graphs',
    showsPackets: true,
    writer: async settings => (await import('./html.ts')).htmlWriter(settings),
  },
  {
    name: 'csv',
    suffixes: ['csv'],
    says: 'a row a finding, for spreadsheets',
    writer: async () => (await import('./csv.ts')).csvWriter(),
  },
]

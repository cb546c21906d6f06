/** What the configuration file may say. `npm run docs` writes it as a JSON Schema for editors. */
import { z } from 'zod'
import { NOTHING } from '../policy/policy.ts'
import { SEVERITIES } from '../policy/threshold.ts'
import { rules } from '../rules/index.ts'
import { ACTIONS, keyNamed } from '../tui/keys.ts'
import { THEME_NAMES } from '../tui/theme.ts'
import { TIME_MODES } from '../tui/view.ts'
import { inPrefix, NO_PREFIX } from './address-prefix.ts'

const key = z
  .string()
  .refine(text => keyNamed(text) !== null, {
    error: 'is no key: write x, F9, Ctrl-G, Space, PgDn, Esc or the like',
  })
  .meta({ examples: ['x', 'F9', 'Ctrl-G', 'Space', 'PgDn', 'Esc', 'Shift-Tab'] })

const view = z
  .strictObject({
    theme: z.enum(THEME_NAMES).describe('Colours.'),
    mouse: z.boolean().describe('Whether the mouse chooses and scrolls; otherwise it is left to the terminal.'),
    time: z.enum(TIME_MODES).describe('How times are shown at first.'),
    names: z.boolean().describe('Whether names from the capture stand in place of addresses at first.'),
    keys: z
      .partialRecord(z.enum(ACTIONS), z.array(key))
      .describe('Keys by action, in place of those that it has. An empty list leaves it without one.'),
  })
  .partial()

const ruleIds = rules.map(({ id }) => id)
const severity = z.enum(SEVERITIES)
const rule = z.enum(ruleIds).meta({ id: 'rule' })
const glob = z.string().min(1, { error: 'must be a glob: lab/**, or old-*.pcapng for names in any folder' })

const ignore = z
  .strictObject({
    rule: rule.describe('Findings of this rule.').optional(),
    address: z
      .string()
      .refine(text => inPrefix(text) !== null, { error: NO_PREFIX })
      .describe('Findings of attempts from or to this address, or an address with this prefix.')
      .optional(),
    capture: glob.describe('Findings in captures like this, seen from the folder of this file.').optional(),
    reason: z.string().trim().min(1, { error: 'must say why' }).describe('Why. It is told in every report.'),
    expires: z.iso.date().describe('The last day on which it holds (UTC); without one it holds for good.').optional(),
  })
  .refine(({ rule, address, capture }) => rule !== undefined || address !== undefined || capture !== undefined, {
    error: 'must say what is ignored: give it a rule, an address or a capture',
  })

const policy = z
  .strictObject({
    failOn: z
      .array(z.enum([...SEVERITIES, 'never', ...ruleIds]))
      .describe('Status 1 from findings of this severity on, and from those of these rules: --fail-on.'),
    severity: z
      .partialRecord(rule, severity)
      .describe(
        'Another severity for what a rule finds. What it lowers by itself, as in sessions that work, stays low.',
      ),
    ignore: z.array(ignore).describe('Findings that do not count; all that one entry names must apply.'),
    baseline: z
      .string()
      .min(1, { error: 'must name a file' })
      .describe(
        'A report (json or jsonl) of an earlier run, seen from the folder of this file: only what is new counts.',
      ),
    expect: z
      .record(
        glob,
        z
          .array(z.enum([NOTHING, ...ruleIds]))
          .min(1, { error: `must name a rule, or "${NOTHING}"` })
          .refine(wanted => wanted.length === 1 || !wanted.includes(NOTHING), {
            error: `can not hold "${NOTHING}" beside rules`,
          }),
      )
      .describe(
        `Rules that captures like this must show, or "${NOTHING}": no error, no warning. Of several that match, the last counts.`,
      ),
  })
  .partial()

export const configSchema = z
  .strictObject({
    $schema: z.string().describe('For editors.'),
    policy: policy.describe('What counts, what is known, and what is expected: scan.'),
    view: view.describe('The terminal UI.'),
  })
  .partial()
  .meta({ title: 'Configuration of rdpscope', description: 'rdpscope.config.json, or ~/.config/rdpscope/config.json' })

export type Config = z.infer<typeof configSchema>

/** The options of each command that judges captures by a policy: policy.ts reads them. */
import type { Command } from 'commander'

/** In place of rdpscope.config.json. */
export const CONFIG = 'a configuration file in place of rdpscope.config.json'
export const NO_CONFIG = 'without a configuration file'

const FAIL_ON =
  'status 1 from findings of this severity on (error, warning, info; never), or of this rule; may be given again (default: error)'
const SEVERITY = 'another severity for what a rule finds; may be given again'
const IGNORE =
  'findings that do not count: rule=ID,address=PREFIX,capture=GLOB,expires=DAY,reason=TEXT; may be given again'
const BASELINE = 'a report (json or jsonl) of an earlier run: only what is new counts'
const EXPECT = 'each capture must show this rule, or (none) no error and no warning; else status 1; may be given again'

export function withPolicy(command: Command): Command {
  return command
    .option('--fail-on <severity|rule>', FAIL_ON, collected)
    .option('--severity <rule=severity>', SEVERITY, collected)
    .option('--ignore <conditions>', IGNORE, collected)
    .option('--baseline <file>', BASELINE)
    .option('--no-baseline', 'not that of the configuration')
    .option('--expect <rule|none>', EXPECT, collected)
    .option('--config <file>', CONFIG)
    .option('--no-config', NO_CONFIG)
}

/** For an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

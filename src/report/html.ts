/**
 * The report for the network team: one HTML file that can be opened offline, printed, read on a phone and mailed. With several
 * captures it opens with a summary. What it says first depends on all captures, so their sections are kept to the end, up to a
 * limit.
 */
import { MAX_DOCUMENT_CHARACTERS } from '../wire/limits.ts'
import { NO_EXHIBITS } from './exhibits.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { type CaptureForm, captureSection } from './html/capture.ts'
import { type Html, html } from './html/markup.ts'
import { page, pageHashes } from './html/page.ts'
import { summary, title } from './html/summary.ts'
import { Tally } from './html/tally.ts'
import { fileName, headlineOf, shortened } from './html/words.ts'
import { isExcused } from './policy-words.ts'

type Section = (form: CaptureForm) => Html

export async function htmlWriter(settings: Pick<ReportSettings, 'code' | 'rules'>): Promise<ReportWriter> {
  const hashes = await pageHashes()
  const tally = new Tally()
  const sections: Html[] = []
  let characters = 0
  /** The first capture, as long as it may be the only one: then it is a page of its own. */
  let first: { readonly title: string; readonly section: Section } | null = null
  const put = (section: Section): void => {
    const whole = section('among')
    const hasRoom = characters + String(whole).length <= MAX_DOCUMENT_CHARACTERS
    const shown = hasRoom ? whole : section('brief')
    sections.push(shown)
    characters += String(shown).length
  }
  const capture: ReportWriter['capture'] = (assessed, _index, exhibits = NO_EXHIBITS) => {
    // What is excused is told in one line, not as a finding.
    const analysis = { ...assessed, diagnosis: assessed.diagnosis.filter(entry => !isExcused(entry)) }
    const nth = tally.captures + 1
    const headline = headlineOf(analysis, settings.rules)
    tally.add(analysis, headline, nth)
    const section: Section = form => captureSection(analysis, headline, nth, exhibits, settings, form)
    if (nth === 1) {
      first = { title: `${headline.title} (${shortened(fileName(analysis.path))})`, section }
      return []
    }
    if (first !== null) put(first.section)
    first = null
    put(section)
    return []
  }
  const tail = () =>
    String(
      first !== null
        ? page(first.title, first.section('alone'), hashes, false)
        : page(`rdpscope: ${title(tally)}`, html`${summary(tally, settings.rules)}${sections}`, hashes, true),
    )
  return { head: () => '', capture, tail }
}

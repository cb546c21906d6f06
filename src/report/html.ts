/**
 * The report for the network team: one HTML file that can be opened offline, printed, read on a phone and mailed. With several
 * captures it opens with a summary. What it says first depends on all captures, so their sections are kept to the end, up to a
 * limit.
 */
import { MAX_DOCUMENT_CHARACTERS } from '../wire/limits.ts'
import { NO_EXHIBITS } from './exhibits.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { captureSection } from './html/capture.ts'
import { type Html, html } from './html/markup.ts'
import { page, pageHashes } from './html/page.ts'
import { summary, title } from './html/summary.ts'
import { Tally } from './html/tally.ts'
import { fileName, headlineOf, shortened } from './html/words.ts'
import { isExcused } from './policy-words.ts'

export async function htmlWriter(settings: Pick<ReportSettings, 'code' | 'rules'>): Promise<ReportWriter> {
  const hashes = await pageHashes()
  const tally = new Tally()
  const sections: Html[] = []
  let characters = 0
  /** The first capture as it stands alone, until another one comes. */
  let alone: Html | null = null
  const capture: ReportWriter['capture'] = (assessed, _index, exhibits = NO_EXHIBITS) => {
    // What is excused is told in one line, not as a finding.
    const analysis = { ...assessed, diagnosis: assessed.diagnosis.filter(entry => !isExcused(entry)) }
    const nth = tally.captures + 1
    const headline = headlineOf(analysis, settings.rules)
    tally.add(analysis, headline, nth)
    const section = (form: Parameters<typeof captureSection>[5]) =>
      captureSection(analysis, headline, nth, exhibits, settings, form)
    alone =
      nth > 1
        ? null
        : page(`${headline.title} (${shortened(fileName(analysis.path))})`, section('alone'), hashes, false)
    const whole = section('among')
    const hasRoom = characters + String(whole).length <= MAX_DOCUMENT_CHARACTERS
    sections.push(hasRoom ? whole : section('brief'))
    characters += String(sections.at(-1)).length
    return []
  }
  const tail = () =>
    String(alone ?? page(`rdpscope: ${title(tally)}`, html`${summary(tally, settings.rules)}${sections}`, hashes, true))
  return { head: () => '', capture, tail }
}

/** One line that the user types, with its history, and what it could be completed to. */

export interface PromptRequest {
  readonly label: string
  readonly text?: string
  /** What may be typed; shown while nothing else is to be said. */
  readonly hint?: string
  /** Earlier lines, oldest first; what is entered is added. */
  readonly history?: string[]
  /** What counts as the word before the cursor, up to the end of the text; letters, digits and dots where it is not given. */
  readonly word?: RegExp
  /** What the word before the cursor could become, whole. */
  complete?(word: string): readonly string[]
  /** Why the text can not be entered, and where it is wrong; null when it can. Asked while it is typed, too. */
  check?(text: string): PromptFault | null
  /** The line was entered, and `check` had nothing against it. */
  enter(text: string): void
}

export interface PromptFault {
  readonly says: string
  /** In UTF-16 units of the text; -1 when no place is wrong. */
  readonly at: number
}

const MOST_HISTORY = 100
const WORD = /[\w.]*$/

export class Prompt {
  readonly request: PromptRequest
  text: string
  /** In UTF-16 units of the text. */
  cursor: number
  fault: PromptFault | null = null
  completions: readonly string[] = []
  #chosen = -1
  #at: number
  #draft = ''

  constructor(request: PromptRequest) {
    this.request = request
    this.text = request.text ?? ''
    this.cursor = this.text.length
    this.#at = request.history?.length ?? 0
  }

  /** @returns what became of the prompt. */
  key(name: string, typed: string): 'open' | 'entered' | 'left' {
    if (name === 'escape' || name === 'C-c') return 'left'
    if (name === 'enter') {
      this.fault = this.request.check?.(this.text) ?? null
      if (this.fault !== null) {
        if (this.fault.at >= 0) this.cursor = Math.min(this.fault.at, this.text.length)
        return 'open'
      }
      this.#remember()
      return 'entered'
    }
    if (name === 'tab') this.#complete()
    else {
      this.#edit(name, typed)
      this.#offer()
    }
    this.fault = this.text === '' ? null : (this.request.check?.(this.text) ?? null)
    return 'open'
  }

  #edit(name: string, typed: string): void {
    const { text, cursor } = this
    switch (name) {
      case 'left':
      case 'C-b':
        this.cursor = this.#before(cursor)
        break
      case 'right':
      case 'C-f':
        this.cursor = this.#behind(cursor)
        break
      case 'home':
      case 'C-a':
        this.cursor = 0
        break
      case 'end':
      case 'C-e':
        this.cursor = text.length
        break
      case 'backspace':
        this.#replace(this.#before(cursor), cursor, '')
        break
      case 'delete':
        this.#replace(cursor, this.#behind(cursor), '')
        break
      case 'C-u':
        this.#replace(0, cursor, '')
        break
      case 'C-k':
        this.#replace(cursor, text.length, '')
        break
      case 'C-w':
        this.#replace(Math.max(text.slice(0, cursor).search(/\S+\s*$/), 0), cursor, '')
        break
      case 'up':
        this.#recall(-1)
        break
      case 'down':
        this.#recall(1)
        break
      default:
        if (typed !== '') this.#replace(cursor, cursor, typed)
    }
  }

  /** Places between characters: never in the middle of a pair of UTF-16. */
  #before(place: number): number {
    return place - (/[\ud800-\udbff][\udc00-\udfff]$/.test(this.text.slice(0, place)) ? 2 : Math.min(place, 1))
  }

  #behind(place: number): number {
    const { text } = this
    return Math.min(text.length, place + (/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(place)) ? 2 : 1))
  }

  #replace(from: number, to: number, text: string): void {
    this.text = this.text.slice(0, from) + text + this.text.slice(to)
    this.cursor = from + text.length
  }

  #recall(by: number): void {
    const history = this.request.history ?? []
    if (this.#at === history.length) this.#draft = this.text
    const at = Math.max(0, Math.min(this.#at + by, history.length))
    this.#at = at
    this.text = history[at] ?? this.#draft
    this.cursor = this.text.length
  }

  #remember(): void {
    const { history } = this.request
    if (history === undefined || this.text === '' || history.at(-1) === this.text) return
    history.push(this.text)
    if (history.length > MOST_HISTORY) history.shift()
  }

  #word(): string {
    return (this.request.word ?? WORD).exec(this.text.slice(0, this.cursor))?.[0] ?? ''
  }

  #offer(): void {
    const word = this.#word()
    this.#chosen = -1
    this.completions = word === '' ? [] : (this.request.complete?.(word) ?? []).filter(one => one !== word)
  }

  /** Tab: first what all have in common, then one after the other. */
  #complete(): void {
    if (this.#chosen < 0) this.#offer()
    if (this.completions.length === 0) return
    const word = this.#word()
    const common = commonStart(this.completions)
    if (this.#chosen < 0 && common.length > word.length) {
      this.#replace(this.cursor - word.length, this.cursor, common)
      if (this.completions.length === 1) this.completions = []
      return
    }
    this.#chosen = (this.#chosen + 1) % this.completions.length
    this.#replace(this.cursor - word.length, this.cursor, this.completions[this.#chosen] as string)
  }
}

function commonStart(words: readonly string[]): string {
  let common = words[0] ?? ''
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1)
  return common
}

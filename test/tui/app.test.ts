import { describe, expect, it } from 'vitest'
import { App, type AppOptions } from '../../src/tui/app.ts'
import type { Area, Canvas } from '../../src/tui/canvas.ts'
import { type Action, KeyTable, type ViewId } from '../../src/tui/keys.ts'
import type { View } from '../../src/tui/view.ts'
import { openedUi, PaperDisplay } from '../support/screen.ts'

class TestView implements View {
  readonly id: ViewId
  readonly acted: Action[] = []
  breaks: 'draw' | 'act' | 'title' | null = null
  text = 'all is well'

  constructor(id: ViewId = 'packets') {
    this.id = id
  }

  title(): string {
    if (this.breaks === 'title') throw new Error('no title')
    return this.id
  }

  draw(canvas: Canvas, { x, y }: Area): void {
    canvas.put(x, y, this.text)
    if (this.breaks === 'draw') throw new TypeError('x is not a function')
  }

  act(action: Action): boolean {
    if (this.breaks === 'act') throw new RangeError('too far')
    this.acted.push(action)
    return false
  }

  filter(): string {
    return 'tcp.stream == 0'
  }
}

function started(
  view: View,
  options: Partial<AppOptions> = {},
  size: Partial<PaperDisplay> = {},
): { app: App; display: PaperDisplay; left: Promise<void> } {
  const display = new PaperDisplay(size)
  const app = new App(display, {
    theme: 'dark',
    keys: new KeyTable(),
    mouse: false,
    heading: () => ({ path: '/home/maria/capture.pcapng', state: '' }),
    unfinished: () => '',
    act: () => false,
    view: () => null,
    command: filter => `tshark -Y '${filter}'`,
    ...options,
  })
  return { app, display, left: app.run(view) }
}

describe('an error of a view', () => {
  it.each(['draw', 'act', 'title'] as const)('in %s is told in one line, and the program goes on', async what => {
    const view = new TestView()
    const { app, display, left } = started(view)
    view.breaks = what
    display.press('down')
    expect(display.text).toContain('all is well')
    expect(display.lines.at(-2)).toMatch(/^ internal error; nothing is lost, Esc goes back: \w*Error: /)
    view.breaks = null
    view.text = 'well again'
    display.press('down')
    expect(display.text).toContain('well again')
    expect(display.text).not.toContain('internal error')
    app.quit()
    await left
  })

  it('is left with Esc, and the view below is as it was', async () => {
    const below = new TestView('attempts')
    const broken = new TestView('packets')
    broken.breaks = 'draw'
    const { app, display, left } = started(below, { view: () => broken })
    display.press('f3')
    expect(display.text).toContain('TypeError')
    display.press('escape')
    expect(display.text).toContain('all is well')
    expect(display.text).not.toContain('internal error')
    display.press('q')
    await left
    expect(app.theme.name).toBe('dark')
  })

  it('in work that nobody waits for is told as well', async () => {
    const { app, display } = started(new TestView())
    app.background(Promise.reject(new Error('the disk is gone')))
    await display.shows('the disk is gone')
    app.quit()
  })
})

describe('views', () => {
  it('lie above one another, and a key of their own leads back to where one lies already', () => {
    const views = {
      attempts: new TestView('attempts'),
      packets: new TestView('packets'),
      statistics: new TestView('statistics'),
    }
    const { app, display } = started(views.attempts, { view: id => views[id as keyof typeof views] ?? null })
    const title = () => display.lines[0]?.trim().split(' ').at(-1)
    display.press('f3', 'f4')
    expect(title()).toBe('statistics')
    display.press('f3', 'escape')
    expect(title()).toBe('attempts')
    display.press('escape', 'escape')
    expect(title()).toBe('attempts')
    for (let nth = 0; nth < 200; nth++) {
      app.open(views.packets)
      app.open(views.statistics)
    }
    display.press('f2')
    expect(title()).toBe('attempts')
    app.quit()
  })

  it('have what they show copied, as a filter or as a command', () => {
    const { app, display } = started(new TestView())
    display.press('y', 'Y')
    expect(display.copied).toEqual(['tcp.stream == 0', "tshark -Y 'tcp.stream == 0'"])
    app.quit()
  })
})

describe('the screen', () => {
  it('says when it is too small, and comes back', () => {
    const { app, display } = started(new TestView())
    display.resize(59, 24)
    expect(display.text).toMatch(/^The terminal has 59x24;\n60x16 are needed\.\s*$/)
    display.resize(60, 15)
    expect(display.text).toContain('60x16 are needed')
    display.resize(2, 1)
    expect(display.lines).toEqual(['Th'])
    display.resize(60, 16)
    expect(display.text).toContain('all is well')
    app.quit()
  })

  it('is not left while a file is being saved, unless the key is pressed twice', async () => {
    let saving = 'big.pcapng is still being saved'
    const { display, left } = started(new TestView(), { unfinished: () => saving })
    let hasLeft = false
    void left.then(() => {
      hasLeft = true
    })
    display.press('q')
    expect(display.lines.at(-2)).toContain('big.pcapng is still being saved: once more to leave without it')
    display.press('down', 'q')
    expect(display.lines.at(-2)).toContain('once more to leave')
    await new Promise(resolve => setImmediate(resolve))
    expect(hasLeft).toBe(false)
    display.press('C-c')
    await left
    saving = ''
    const other = started(new TestView(), { unfinished: () => saving })
    other.display.press('q')
    await other.left
  })

  it.each([
    ['', /^ ….*\/capture\.pcapng +packets $/],
    ['reading 4 %', /^ ….*\/capture\.pcapng: reading 4 % +packets $/],
    [`damaged: ${'much '.repeat(30)}`, /^ …\/capture\.pcapng: damaged: much .*… *packets $/],
  ])('shows the end of a long path, the name of the file, and of its state %j what has room', (state, line) => {
    const path = `/srv/${'folder/'.repeat(20)}capture.pcapng`
    const { app, display } = started(new TestView(), { heading: () => ({ path, state }) })
    expect(display.lines[0]).toMatch(line)
    app.quit()
  })
})

describe('prompts', () => {
  it('show what is wrong, and where', () => {
    const { app, display } = started(new TestView())
    const entered: string[] = []
    app.ask({
      label: 'Number',
      hint: 'digits alone',
      check: text => (/^\d*$/.test(text) ? null : { says: 'only digits are wanted', at: text.search(/\D/) }),
      enter: text => entered.push(text),
    })
    display.press('1')
    expect(display.lines.at(-3)).toContain('digits alone')
    display.press('x')
    const { picture } = display
    expect(display.lines.at(-2)).toContain('Number: 1x')
    expect(display.lines.at(-3)).toContain('only digits are wanted')
    const row = 22 * 80
    const at = display.lines[22]?.indexOf('1x') ?? 0
    expect(picture?.styles[row + at + 1]).toBe(app.theme.look('error'))
    expect(picture?.styles[row + at]).not.toBe(app.theme.look('error'))
    expect(picture?.cursor).toEqual({ x: at + 2, y: 22 })
    display.press('enter')
    expect(entered).toEqual([])
    // Enter has put the cursor to the place.
    display.press('delete', 'enter')
    expect(entered).toEqual(['1'])
    app.quit()
  })

  it('keep their cursor in sight, whatever is typed', () => {
    const { app, display } = started(new TestView())
    app.ask({ label: 'Find', enter: () => {} })
    display.type('x'.repeat(200))
    expect(display.picture?.cursor?.x).toBe(78)
    display.press('home')
    expect(display.picture?.cursor).toEqual({ x: 7, y: 22 })
    app.quit()
  })
})

describe('the mouse', () => {
  it('presses keys of the footer, chooses lines, and moves the border of panes', async () => {
    const { display, close } = await openedUi('captures/net-dpi-rst-clienthello.pcapng')
    const press = (x: number, y: number) => display.listener?.mouse({ kind: 'press', x, y })
    press((display.lines.at(-1)?.indexOf('F3') ?? 0) + 1, 23)
    expect(display.lines[0]).toContain('11 packets')
    press(5, 6)
    display.press('y')
    expect(display.copied).toEqual(['frame.number == 4'])
    const border = () => display.lines.findIndex(line => line.includes(' Fields '))
    const from = border()
    press(20, from)
    display.listener?.mouse({ kind: 'drag', x: 20, y: from - 4 })
    display.listener?.mouse({ kind: 'release', x: 20, y: from - 4 })
    expect(border()).toBeLessThan(from)
    const moved = border()
    display.listener?.mouse({ kind: 'drag', x: 20, y: from + 4 })
    expect(border()).toBe(moved)
    close()
  })
})

/** What this room uses of blessed 0.1.81, which has no types of its own. */
declare module 'blessed' {
  /** A cell: flags, foreground and background in one number (see canvas.ts), and the character. */
  type Cell = [style: number, char: string]
  type Line = Cell[] & { dirty: boolean }

  interface Key {
    /** With its modifiers: `C-c`, `S-tab`, `pageup`. */
    readonly full: string
    readonly name?: string
    readonly sequence?: string
  }

  interface Mouse {
    readonly action: 'mousedown' | 'mouseup' | 'mousemove' | 'wheelup' | 'wheeldown'
    readonly x: number
    readonly y: number
    readonly button?: 'left' | 'middle' | 'right' | 'unknown'
  }

  interface Program {
    readonly cols: number
    readonly rows: number
    /** Inside tmux. */
    readonly tmux: boolean
    /** What is written waits for the end of the tick, or for `flush`. */
    useBuffer: boolean
    on(event: 'keypress', listener: (char: string | undefined, key: Key) => void): void
    on(event: 'mouse', listener: (mouse: Mouse) => void): void
    on(event: 'resize', listener: () => void): void
    setMouse(modes: Readonly<Record<string, boolean>>, enable: boolean): void
    /** Gives the terminal back; the answer takes it again. */
    pause(): () => void
    showCursor(): void
    hideCursor(): void
    cup(row: number, column: number): void
    flush(): void
    _write(text: string): void
    _twrite(text: string): void
  }

  interface Screen {
    readonly program: Program
    readonly tput: { colors: number; unicode: boolean; brokenACS: boolean }
    lines: Line[]
    title: string
    alloc(dirty?: boolean): void
    draw(first: number, last: number): void
    destroy(): void
  }

  interface ScreenOptions {
    readonly input: NodeJS.ReadableStream
    readonly output: NodeJS.WriteStream
    readonly terminal: string
    readonly title: string
    readonly fullUnicode: boolean
    readonly forceUnicode: boolean
    /** Milliseconds to wait for the end of a resize. */
    readonly resizeTimeout: number
  }

  const blessed: { screen(options: ScreenOptions): Screen }

  export type { Key, Mouse, Program, Screen }
  export default blessed
}

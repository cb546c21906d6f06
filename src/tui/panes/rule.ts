/** The line above a pane: its name, and by its strokes whether the keys go there, with or without colours. */
import type { Area, Canvas } from '../canvas.ts'
import type { Theme } from '../theme.ts'

/** Draws it in the row above the area. */
export function paneRule(canvas: Canvas, { x, y, width }: Area, title: string, focused: boolean, theme: Theme): void {
  const look = theme.look(focused ? 'frame-focused' : 'frame')
  canvas.fill({ x, y: y - 1, width, height: 1 }, focused ? '═' : '─', look)
  canvas.put(x + 2, y - 1, ` ${title} `, look, width - 2)
}

/** What a redaction took out, by kind. */
export class Removed {
  /** Kind -> how many places were changed. */
  readonly places = new Map<string, number>()
  /** Bytes of payload and of fields that nobody needs: they were not zero, and are now. */
  emptiedBytes = 0

  replaced(kind: string, before: Uint8Array, after: Uint8Array): void {
    if (before.length === after.length && before.every((byte, at) => byte === after[at])) return
    this.places.set(kind, (this.places.get(kind) ?? 0) + 1)
  }

  dropped(kind: string, count: number): void {
    if (count > 0) this.places.set(kind, (this.places.get(kind) ?? 0) + count)
  }
}

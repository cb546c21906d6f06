/** What can go wrong with a capture, in words that say what, where, and what to do. */

/** Stable: reports and exit statuses are told apart by it. */
export type CaptureErrorCode =
  /** No such file, no permission, a directory, a failing disk. */
  | 'unreadable'
  | 'empty'
  /** Text, a picture, a program: something else altogether. */
  | 'not-a-capture'
  /** A capture, in a format that is not read here. */
  | 'unsupported-format'
  /** It ends in the middle of a record. */
  | 'truncated'
  /** It contradicts itself. */
  | 'damaged'
  /** One of our own limits. */
  | 'limit'

/** From here on the capture can not be read; every packet before it was given. */
export interface Damage {
  readonly code: CaptureErrorCode
  /** Lower case, with the offset. */
  readonly message: string
  /** Of the record in question, in the decompressed file. */
  readonly offset: number
  /** What the user can do. */
  readonly remedy: string
}

/** A capture that can not be opened at all. */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode
  /** What the user can do, one sentence. */
  readonly remedy: string

  constructor(code: CaptureErrorCode, message: string, remedy: string) {
    super(message)
    this.name = 'CaptureError'
    this.code = code
    this.remedy = remedy
  }
}

/** The file's bytes can not be had from here on. Thrown by sources only; the cursor turns it into {@link Damage}. */
export class SourceError extends Error {
  readonly code: CaptureErrorCode
  readonly remedy: string

  constructor(code: CaptureErrorCode, message: string, remedy: string) {
    super(message)
    this.name = 'SourceError'
    this.code = code
    this.remedy = remedy
  }
}

/** What to do about a file that ends too early or contradicts itself. */
export const REMEDY_TRUNCATED =
  'what was captured before it is shown; stop the recorder properly, or copy the file again'
export const REMEDY_DAMAGED =
  'what was captured before it is shown; copy the file again in binary mode, or record again'

/** The operating system's word for it, as ours. */
export function unreadable(path: string, error: unknown): CaptureError {
  const code = (error as { code?: unknown } | null)?.code
  switch (code) {
    case 'ENOENT':
      return new CaptureError('unreadable', `${path}: no such file`, 'check the path')
    case 'EACCES':
    case 'EPERM':
      return new CaptureError('unreadable', `${path}: permission denied`, 'run as a user who may read it')
    case 'EISDIR':
      return new CaptureError('unreadable', `${path}: is a directory`, 'name a file in it, or scan the directory')
    default: {
      const what = error instanceof Error ? error.message : String(error)
      return new CaptureError('unreadable', `${path}: ${what}`, 'check the disk or the network share')
    }
  }
}

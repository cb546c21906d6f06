/** The version of this tool. Written here too, so that `--version` reads no file; a test holds it equal to package.json. */
export const VERSION = '0.1.0'

/** The whole document: one file that needs nothing else, asks for nothing, and runs nothing but its own script. */
import { VERSION } from '../../version.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { script } from './script.ts'
import { style } from './style.ts'

/** Of the texts in `style` and `script`, as Content-Security-Policy names them. */
export interface PageHashes {
  readonly style: string
  readonly script: string
}

export async function pageHashes(): Promise<PageHashes> {
  return { style: await hashOf(style), script: await hashOf(script) }
}

/** @param withScript there are tables to sort */
export function page(title: string, body: Html, hashes: PageHashes, withScript: boolean): Html {
  const scripts = withScript ? html`script-src '${hashes.script}'; ` : NOTHING
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${scripts}style-src '${hashes.style}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="rdpscope ${VERSION}">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
<header><p><b>rdpscope</b> report</p><p>Why a Remote Desktop connection failed</p></header>
<main id="main">
${body}</main>
<footer><p>Made by rdpscope ${VERSION} from packets alone. Packet numbers and filters are Wireshark's. Times count from the first packet of a capture unless a date stands with them. This file loads nothing and sends nothing.</p></footer>
${
  withScript
    ? html`<script>${script}</script>
`
    : NOTHING
}</body>
</html>
`
}

/** SHA-256 of what stands between the tags. */
async function hashOf(text: Html): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(String(text)))
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`
}

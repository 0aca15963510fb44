/**
 * Text for a terminal: what strangers wrote gets there without control characters, and verdicts have colours where somebody
 * looks at them. NO_COLOR and FORCE_COLOR are respected.
 */
import { styleText } from 'node:util';

/** Line ends stay; escape sequences, direction marks and halves of letters do not. */
export function terminalText(text: string): string {
  return text.replace(/[^\P{C}\n\t]|[\u2028\u2029]/gu, '?');
}

export function oneLine(text: string): string {
  return text.replace(/[\r\n]+\s*/g, ' ');
}

type Style = Parameters<typeof styleText>[0];

/** What a verdict looks like; the others look like any text. */
const STYLES: Readonly<Record<string, Style>> = {
  accept: 'green',
  permit: 'green',
  reject: 'red',
  discard: 'red',
  defer: 'yellow',
  quarantine: 'yellow',
  'postpone until permit': 'yellow',
  'postpone until reject': 'yellow',
  warn: 'yellow',
  abandon: 'dim',
  dunno: 'dim',
};

/** The text in the colour of the verdict. */
export function inColourOf(verdict: string, text: string): string {
  const style = STYLES[verdict];
  return style === undefined ? text : styleText(style, text, { stream: process.stdout });
}

export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

export function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}

/**
 * The result of a regexp or pcre rule: text with `$1`, `${1}`, `$(1)` for what the pattern's parentheses matched, and
 * `$$` for one dollar. `Postfix: mac_parse.c, regexp_table(5)`.
 */

/** Numbers are groups. */
export type ResultTemplate = readonly (string | number)[];

export type ParsedTemplate =
  | { readonly kind: 'template'; readonly template: ResultTemplate; readonly highestGroup: number }
  | { readonly kind: 'problem'; readonly problem: string };

const MAX_GROUP = 99_999;

/** Reads a result. */
export function parseTemplate(text: string): ParsedTemplate {
  const template: (string | number)[] = [];
  let literal = '';
  let highestGroup = 0;
  for (let at = 0; at < text.length; ) {
    if (text.charAt(at) !== '$') {
      const next = text.indexOf('$', at);
      const end = next < 0 ? text.length : next;
      literal += text.slice(at, end);
      at = end;
    } else if (text.charAt(at + 1) === '$') {
      literal += '$';
      at += 2;
    } else {
      const name = nameAt(text, at + 1);
      if (name.kind === 'problem') return name;
      const group = /^\d+$/.test(name.text) ? Number(name.text) : Number.NaN;
      if (Number.isNaN(group)) return problem(`non-numeric replacement index "${name.text}"`);
      if (group < 1 || group > MAX_GROUP) return problem(`out of range replacement index "${name.text}"`);
      if (literal !== '') template.push(literal);
      literal = '';
      template.push(group);
      highestGroup = Math.max(highestGroup, group);
      at = name.end;
    }
  }
  if (literal !== '') template.push(literal);
  return { kind: 'template', template, highestGroup };
}

/** The result for what the groups matched; a group without a match is empty. */
export function fillTemplate(template: ResultTemplate, groups: readonly (string | undefined)[]): string {
  let text = '';
  for (const piece of template) text += typeof piece === 'string' ? piece : (groups[piece] ?? '');
  return text;
}

type Name =
  | { readonly kind: 'name'; readonly text: string; readonly end: number }
  | { readonly kind: 'problem'; readonly problem: string };

const CLOSING = new Map([
  ['(', ')'],
  ['{', '}'],
]);

function nameAt(text: string, start: number): Name {
  const open = text.charAt(start);
  const close = CLOSING.get(open);
  const end =
    close === undefined
      ? start + (/^\w*/.exec(text.slice(start, start + 20))?.[0].length ?? 0)
      : closing(text, start, open, close);
  if (end < 0) return problem(`truncated macro reference: "${text}"`);
  const name = close === undefined ? text.slice(start, end) : text.slice(start + 1, end - 1);
  return name === '' ? problem(`empty macro name: "${text}"`) : { kind: 'name', text: name, end };
}

/** The offset behind the closing bracket, -1 when there is none. */
function closing(text: string, start: number, open: string, close: string): number {
  let level = 0;
  for (let at = start; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === open) level += 1;
    else if (c === close && --level === 0) return at + 1;
  }
  return -1;
}

function problem(text: string): { kind: 'problem'; problem: string } {
  return { kind: 'problem', problem: text };
}

/**
 * Reads the value of an Authentication-Results field, or what an ARC set holds of one. RFC 8601 2.2.
 * Strict: what is not well-formed is undefined, since nothing should be believed that can be read in two ways.
 */

export interface ParsedResults {
  /** As written, without quotes. */
  readonly authservId: string;
  readonly results: readonly ParsedMethod[];
}

export interface ParsedMethod {
  /** In lower case, as are the result and the names of properties. */
  readonly method: string;
  readonly result: string;
  readonly reason: string | undefined;
  readonly properties: ReadonlyMap<string, string>;
}

const MAX_LENGTH = 65_536;

/** Comments are dropped. */
export function parseResults(value: string): ParsedResults | undefined {
  const parts = value.length <= MAX_LENGTH ? splitParts(value) : undefined;
  const [head, ...items] = parts ?? [];
  const [authservId, version, ...rest] = head ?? [];
  if (authservId === undefined || rest.length > 0 || (version !== undefined && !/^\d+$/.test(version.text)))
    return undefined;
  const named = items.filter((item) => item.length > 0);
  if (named.length === 1 && named[0]?.length === 1 && named[0][0]?.text.toLowerCase() === 'none') {
    return { authservId: authservId.text, results: [] };
  }
  const results = named.map(methodOf);
  if (results.some((result) => result === undefined)) return undefined;
  return { authservId: authservId.text, results: results.filter((result) => result !== undefined) };
}

/** A word with its quotes taken off, and what stands before an unquoted `=`, if there is one. */
interface Word {
  readonly name: string | undefined;
  readonly text: string;
}

const PLAIN = /[^ \t\r\n;="()\\]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;

/** The words between semicolons; undefined when there is something else. */
function splitParts(text: string): Word[][] | undefined {
  const parts: Word[][] = [[]];
  let at = skipComments(text, 0);
  while (at !== undefined && at < text.length) {
    let end = at + 1;
    if (text.charAt(at) === ';') parts.push([]);
    else {
      const word = readWord(text, at);
      if (!word) return undefined;
      parts.at(-1)?.push(word.word);
      end = word.end;
    }
    at = skipComments(text, end);
  }
  return at === undefined ? undefined : parts;
}

/** Where white space and comments end; undefined when a comment never does. */
export function skipComments(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '(') depth += 1;
    else if (depth === 0 && !' \t\r\n'.includes(c)) return at;
    else if (c === ')') depth -= 1;
    else if (c === '\\') at += 1;
  }
  return depth > 0 ? undefined : text.length;
}

/** `value`, `"value"`, or `name = value`. */
function readWord(text: string, start: number): { word: Word; end: number } | undefined {
  const first = readValue(text, start);
  const equals = first && skipComments(text, first.end);
  if (!first || equals === undefined) return undefined;
  if (text.charAt(equals) !== '=') return { word: { name: undefined, text: first.text }, end: first.end };
  const behind = skipComments(text, equals + 1);
  const second = behind === undefined ? undefined : readValue(text, behind);
  return second && { word: { name: first.text.toLowerCase(), text: second.text }, end: second.end };
}

function readValue(text: string, start: number): { text: string; end: number } | undefined {
  const plain = match(PLAIN, text, start);
  if (plain) return plain;
  const quoted = match(QUOTED, text, start);
  return quoted && { text: quoted.text.slice(1, -1).replace(/\\(.)/gs, '$1'), end: quoted.end };
}

function match(form: RegExp, text: string, start: number): { text: string; end: number } | undefined {
  form.lastIndex = start;
  const found = form.exec(text);
  return found ? { text: found[0], end: start + found[0].length } : undefined;
}

/** `method[/version]=result [reason=...] ptype.property=value...`; nothing twice. */
function methodOf(words: readonly Word[]): ParsedMethod | undefined {
  const [first, ...rest] = words;
  if (first?.name === undefined) return undefined;
  const properties = new Map<string, string>();
  for (const { name, text } of rest) {
    if (name === undefined || properties.has(name)) return undefined;
    properties.set(name, text);
  }
  const reason = properties.get('reason');
  properties.delete('reason');
  return { method: first.name.replace(/\/\d+$/, ''), result: first.text.toLowerCase(), reason, properties };
}

/**
 * The macros of configuration values and reply templates: `$name`, `${name}`, `$(name)`, `${name?yes}`, `${name:no}`,
 * `${name?{yes}:{no}}`, `${{x} == {y} ? {yes} : {no}}`, nested as deep as wanted, and `$$` for one dollar.
 * `Postfix: postconf(5), mac_parse.c, mac_expand.c`. A mistake ends the expansion there and is told to the caller,
 * who decides what it means: a complaint in main.cf, the built-in text instead of a broken reply template.
 */
import { encodeOctets } from '../mail/octets.ts';
import { Expansion, type MacroRules } from './expansion.ts';
import { SourceText, SourceTextBuilder } from './source-text.ts';

/** Expands a text; every piece of the result keeps its source. */
export function expandText(text: SourceText, rules: MacroRules): SourceText {
  const result = new SourceTextBuilder();
  new Expansion(rules, result).run(text, 0, text.text.length);
  return result.finish();
}

export interface TemplateOptions {
  /** Characters that looked-up text may contain; any other becomes `_`. `Postfix: smtpd_expansion_filter`. */
  readonly allowed?: string;
  /** Hears of syntax errors in the template. */
  readonly problem?: (what: string) => void;
}

/** Expands a reply template; a name that the lookup does not know becomes nothing. `Postfix: default_rbl_reply`. */
export function expand(
  template: string,
  lookup: (name: string) => string | undefined,
  options: TemplateOptions = {},
): string {
  if (!template.includes('$')) return template;
  const { allowed, problem = () => {} } = options;
  const rules: MacroRules = {
    lookup(name) {
      const found = lookup(name);
      return found === undefined ? undefined : SourceText.of(found);
    },
    recursive: false,
    backslashProtects: false,
    problem,
    ...(allowed === undefined ? {} : { filter: (text) => onlyAllowed(text, allowed) }),
  };
  return expandText(SourceText.of(template), rules).text;
}

/** Replaces what is not allowed by underscores, one for each byte on the wire, as Postfix does. */
export function onlyAllowed(text: string, allowed: string): string {
  let clean = '';
  for (const c of text) clean += allowed.includes(c) ? c : '_'.repeat(encodeOctets(c).length);
  return clean;
}

/** The names that a text refers to, with the offset of each `$`, also in branches that are not taken. */
export function referencedNames(text: string): { name: string; at: number }[] {
  const found: { name: string; at: number }[] = [];
  for (const match of text.matchAll(/\$\$|\\\$(?=[\w({])|\$(?:[({][ \t\r\n]*)?(\w+)/g)) {
    if (match[1] !== undefined) found.push({ name: match[1], at: match.index });
  }
  return found;
}

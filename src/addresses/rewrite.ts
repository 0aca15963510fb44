/**
 * Completes addresses: `joe` becomes joe@$myorigin, `host!user` user@host, a trailing dot goes.
 * Parameters: append_at_myorigin, append_dot_mydomain, swap_bangpath, allow_percent_hack, myorigin, mydomain.
 * `Postfix: trivial-rewrite/rewrite.c`. Works on tokens, so that quoting survives.
 */
import { type Address, address, externalForm } from '../mail/address.ts';
import {
  externalText,
  internalText,
  isOperator,
  operator,
  scan822,
  type Token822,
} from '../mail/tokens822.ts';

export interface RewriteRules {
  /** Empty: nothing is appended. */
  readonly origin: string;
  readonly domain: string;
  readonly appendAtMyorigin: boolean;
  readonly appendDotMydomain: boolean;
  readonly swapBangpath: boolean;
  readonly allowPercentHack: boolean;
}

const EMPTY: Token822 = { kind: 'quoted', text: '' };

/** Plain `user@sub.example.com`: nothing to do, which is nearly always. */
const PLAIN = /^[\w+=/~^{}&'*?#$-]+(?:\.[\w+=/~^{}&'*?#$-]+)*@[\w-]+(?:\.[\w-]+)+$/;

/** Whether an address can be taken as it stands: no routing characters, no quoting, a dotted domain. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** The completed address in internal form. */
export function rewriteAddress(from: Address, rules: RewriteRules): Address {
  if (from.text === '' || isPlain(from.text)) return from;
  return address(internalText(rewriteTokens(scan822(externalForm(from)), rules)));
}

/** The same for text in external form, as it stands in headers and table results. */
export function rewriteExternal(text: string, rules: RewriteRules): string {
  return isPlain(text) ? text : externalText(rewriteTokens(scan822(text), rules));
}

export function rewriteTokens(tokens: readonly Token822[], rules: RewriteRules): Token822[] {
  if (tokens.length === 0) return [EMPTY];
  if (tokens.length === 1 && tokens[0]?.kind === 'quoted' && tokens[0].text === '') return [...tokens];
  if (tokens.length === 1 && isOperator(tokens[0], '@')) return [EMPTY];
  return withoutDotAtEnd(withDomain(withAt(withoutRoute(tokens), rules), rules));
}

/** `@relay:joe@example.com` is joe@example.com. RFC 5321 appendix C. */
function withoutRoute(tokens: readonly Token822[]): readonly Token822[] {
  if (!isOperator(tokens[0], '@')) return tokens;
  const colon = tokens.findIndex((token) => isOperator(token, ':'));
  return colon > 0 && colon < tokens.length - 1 ? tokens.slice(colon + 1) : tokens;
}

function withAt(tokens: readonly Token822[], rules: RewriteRules): readonly Token822[] {
  if (tokens.some((token) => isOperator(token, '@'))) return tokens;
  const bang = rules.swapBangpath ? tokens.findIndex((token) => isOperator(token, '!')) : -1;
  if (bang >= 0) return [...tokens.slice(bang + 1), operator('@'), ...tokens.slice(0, bang)];
  const percent = rules.allowPercentHack ? tokens.findLastIndex((token) => isOperator(token, '%')) : -1;
  if (percent >= 0) return tokens.with(percent, operator('@'));
  if (!rules.appendAtMyorigin || rules.origin === '') return tokens;
  return [...tokens, operator('@'), ...scan822(rules.origin)];
}

function withDomain(tokens: readonly Token822[], rules: RewriteRules): readonly Token822[] {
  if (!rules.appendDotMydomain || rules.domain === '') return tokens;
  const at = tokens.findLastIndex((token) => isOperator(token, '@'));
  const domain = tokens.slice(at + 1);
  const isComplete = domain.some((token) => token.kind === 'literal' || isOperator(token, '.'));
  if (at < 0 || domain.length === 0 || isComplete) return tokens;
  return [...tokens, operator('.'), ...scan822(rules.domain)];
}

/** One dot at the end of the domain goes; `..` and `@.` stay, so that they can be complained of. */
export function withoutDotAtEnd(tokens: readonly Token822[]): Token822[] {
  const isLoneDot = isOperator(tokens.at(-1), '.') && tokens.length > 1 && !isOperator(tokens.at(-2), '.@');
  return isLoneDot ? tokens.slice(0, -1) : [...tokens];
}

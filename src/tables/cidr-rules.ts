/**
 * The rules of one cidr table, ready to be asked: runs of plain networks as radix trees, `!network` and `if` blocks one
 * by one between them, so that the first match in file order wins. `Postfix: cidr_table(5), dict_cidr.c`.
 */
import { assertNever } from '../mail/assert-never.ts';
import { isSpace, trim } from './braces.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { type AddressWords, formatNetwork, type Network, networkContains, parseNetwork } from './network.ts';
import { NetworkTree } from './network-tree.ts';
import type { TableLines } from './table-lines.ts';
import { TextColumn } from './text-column.ts';

/** How deep `if` blocks can stand in each other. */
const MAX_NESTING = 100;

type Step =
  | { readonly kind: 'networks'; readonly ipv4: NetworkTree; readonly ipv6: NetworkTree }
  /** Every other address of the same family. */
  | { readonly kind: 'except'; readonly network: Network; readonly rule: number }
  | IfBlock;

interface IfBlock {
  readonly kind: 'if';
  readonly network: Network;
  readonly negated: boolean;
  readonly steps: Step[];
  readonly line: number;
}

export class CidrRules {
  readonly results: TextColumn;
  readonly complaints: FileComplaints;
  /** Rules that can never be first: each with the rule that comes before it. */
  readonly shadowed: { readonly rule: number; readonly by: number; readonly network: string }[] = [];
  readonly #steps: Step[] = [];
  readonly #open: IfBlock[] = [];

  constructor(complaints: FileComplaints, expectedBytes: number) {
    this.complaints = complaints;
    this.results = new TextColumn(expectedBytes);
  }

  /** The first rule for the address, -1 when there is none. */
  find(address: AddressWords): number {
    const found = this.#ask(this.#steps, address);
    return found === STOP ? -1 : found;
  }

  /** Takes the current line. */
  add(lines: TableLines): void {
    const text = lines.text();
    if (/^if(?![a-z0-9])/i.test(text)) this.#openBlock(text, lines.line);
    else if (/^endif(?![a-z0-9])/i.test(text)) this.#closeBlock(text, lines.line);
    else this.#addRule(text, lines);
  }

  /** The last line has been added. */
  finish(): void {
    for (const block of this.#open) {
      this.complaints.remark(block.line, 'IF has no matching ENDIF', 'write "endif" where the block ends');
    }
  }

  #ask(steps: readonly Step[], address: AddressWords): number {
    for (const step of steps) {
      const found = this.#askStep(step, address);
      if (found !== NOTHING) return found;
    }
    return NOTHING;
  }

  #askStep(step: Step, address: AddressWords): number {
    switch (step.kind) {
      case 'networks':
        return (address.length === 1 ? step.ipv4 : step.ipv6).find(address);
      case 'except': {
        const other = step.network.words.length === address.length && !networkContains(step.network, address);
        return other ? step.rule : NOTHING;
      }
      case 'if':
        return this.#askBlock(step, address);
      default:
        return assertNever(step);
    }
  }

  #askBlock(block: IfBlock, address: AddressWords): number {
    const sameFamily = block.network.words.length === address.length;
    const enters = sameFamily && networkContains(block.network, address) !== block.negated;
    if (enters) return this.#ask(block.steps, address);
    // Without its endif a block goes on to the end of the table.
    return this.#open.includes(block) ? STOP : NOTHING;
  }

  #addRule(text: string, lines: TableLines): void {
    const { negated, at } = skipNegation(text, 0);
    let end = at;
    while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1;
    const network = this.#network(text.slice(at, end), text, lines.line);
    if (!network) return;
    const { valueStart, valueEnd } = resultOf(lines);
    if (valueStart >= valueEnd) {
      this.#broken(lines.line, text, 'no lookup result', 'expected format: network whitespace result');
      return;
    }
    const rule = this.results.add(lines.bytes, valueStart, valueEnd, lines.line);
    if (negated) this.#currentSteps().push({ kind: 'except', network, rule });
    else this.#addNetwork(network, rule);
  }

  #addNetwork(network: Network, rule: number): void {
    const steps = this.#currentSteps();
    let last = steps.at(-1);
    if (last?.kind !== 'networks') {
      last = { kind: 'networks', ipv4: new NetworkTree(1), ipv6: new NetworkTree(4) };
      steps.push(last);
    }
    const tree = network.words.length === 1 ? last.ipv4 : last.ipv6;
    const by = tree.find(network.words, network.prefixBits);
    if (by < 0) tree.add(network, rule);
    else if (this.shadowed.length < MAX_SHADOWED)
      this.shadowed.push({ rule, by, network: formatNetwork(network) });
  }

  #openBlock(text: string, line: number): void {
    const { negated, at } = skipNegation(text, 2);
    const network = this.#network(trim(text.slice(at)), text, line);
    if (!network) return;
    if (this.#open.length === MAX_NESTING) {
      this.#broken(line, text, `IF is nested more than ${MAX_NESTING} times`, 'use fewer blocks');
      return;
    }
    const block: IfBlock = { kind: 'if', network, negated, steps: [], line };
    this.#currentSteps().push(block);
    this.#open.push(block);
  }

  #closeBlock(text: string, line: number): void {
    if (trim(text.slice(5)) !== '') this.#broken(line, text, 'garbage after ENDIF', 'write "endif" alone');
    else if (!this.#open.pop())
      this.#broken(line, text, 'ENDIF without IF', 'remove it, or add the "if" line');
  }

  #network(pattern: string, text: string, line: number): Network | undefined {
    const parsed = pattern === '' ? noPattern : parseNetwork(pattern);
    if (parsed.kind === 'network') return parsed.network;
    this.#broken(line, text, parsed.problem, 'write address/length or an address; this rule is skipped');
    return undefined;
  }

  #broken(line: number, text: string, problem: string, remedy: string): void {
    this.complaints.broken(line, `${quoted(text)}: ${problem}`, remedy);
  }

  #currentSteps(): Step[] {
    return this.#open.at(-1)?.steps ?? this.#steps;
  }
}

const NOTHING = -1;
/** The table is at its end for this address. */
const STOP = -2;
const MAX_SHADOWED = 100;
const noPattern = { kind: 'problem', problem: 'no address pattern' } as const;

/** Each `!` turns the match round; white space between them does not count. */
function skipNegation(text: string, start: number): { negated: boolean; at: number } {
  let negated = false;
  let at = start;
  for (; at < text.length; at++) {
    if (text.charAt(at) === '!') negated = !negated;
    else if (!isSpace(text.charCodeAt(at))) break;
  }
  return { negated, at };
}

/** Where the result stands in the current line, which is `!`s, a pattern, white space, the result. */
function resultOf(lines: TableLines): { valueStart: number; valueEnd: number } {
  const { bytes } = lines;
  let at = lines.start;
  while (at < lines.end && (bytes[at] === EXCLAMATION || isSpace(bytes[at] as number))) at += 1;
  while (at < lines.end && !isSpace(bytes[at] as number)) at += 1;
  while (at < lines.end && isSpace(bytes[at] as number)) at += 1;
  let valueEnd = lines.end;
  while (valueEnd > at && isSpace(bytes[valueEnd - 1] as number)) valueEnd -= 1;
  return { valueStart: at, valueEnd };
}
const EXCLAMATION = 0x21;

/**
 * Reads the items of a match list: `pattern`, `!pattern`, `/file/name`, `type:table`. `Postfix: match_list.c`.
 * Says which of them can never match; does not ask them (match-list.ts).
 */
import { decodeOctets } from '../mail/octets.ts';
import type { Source } from '../mail/source.ts';
import { splitTokens } from '../settings/tokens.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { foldCase } from './fold.ts';
import { MatchGroup } from './match-group.ts';
import type { OpenedTable } from './opened-table.ts';
import { eachLine } from './table-lines.ts';

/**
 * `string`: texts compared as they are (mydestination). `domain`, `hostname`: names and the domains they are in
 * (relay_domains). `network`: addresses and networks, and names where one is given (mynetworks).
 */
export type MatchKind = 'string' | 'domain' | 'hostname' | 'network';

/** What is asked one after the other. */
export type Step =
  | { readonly kind: 'group'; readonly group: MatchGroup }
  | { readonly kind: 'table'; readonly table: OpenedTable; readonly negated: boolean }
  | { readonly kind: 'file'; readonly path: string; readonly negated: boolean };

export interface MatchItemsDeps {
  /** The parameter, for messages. */
  readonly name: string;
  /** Whether `example.com` matches its subdomains. */
  readonly parentMatches: boolean;
  readonly utf8: boolean;
  openTable(spec: string, source: Source): OpenedTable;
  openFile(path: string, source: Source): void;
}

export class MatchItems {
  readonly #kind: MatchKind;
  readonly #deps: MatchItemsDeps;

  constructor(kind: MatchKind, deps: MatchItemsDeps) {
    this.#kind = kind;
    this.#deps = deps;
  }

  /** Adds an item to the steps. */
  add(steps: Step[], item: string, source: Source, complaints: FileComplaints): void {
    const text = item.replace(/^!+/, '');
    const negated = (item.length - text.length) % 2 === 1;
    if (text === '') {
      const problem = `${this.#deps.name}: no pattern after '!'`;
      complaints.broken(source.line, problem, 'write "!pattern" without space');
    } else if (text.startsWith('/')) {
      steps.push({ kind: 'file', path: text, negated });
      this.#deps.openFile(text, source);
    } else if (text.includes(':') && !text.startsWith('[')) {
      complainOfBareIPv6(text, source, complaints);
      steps.push({ kind: 'table', table: this.#deps.openTable(text, source), negated });
    } else this.#addPattern(steps, text, negated, source, complaints);
  }

  /** Reads a file of items, several on a line. */
  *read(bytes: Buffer, file: string, complaints: FileComplaints): Generator<void, readonly Step[]> {
    const steps: Step[] = [];
    yield* eachLine(bytes, complaints, (lines) => {
      const source = { file, line: lines.line };
      for (const token of splitTokens(decodeOctets(lines.bytes.subarray(lines.start, lines.end)))) {
        if (token.startsWith('#')) {
          const problem = `${quoted(token)}: #comment after other text is not allowed`;
          complaints.remark(lines.line, problem, 'put the comment on a line of its own');
          break;
        }
        this.add(steps, token, source, complaints);
      }
    });
    return steps;
  }

  #addPattern(
    steps: Step[],
    text: string,
    negated: boolean,
    source: Source,
    complaints: FileComplaints,
  ): void {
    let last = steps.at(-1);
    if (last?.kind !== 'group') {
      last = { kind: 'group', group: new MatchGroup(this.#deps.parentMatches) };
      steps.push(last);
    }
    const problem = last.group.add(foldCase(text, this.#deps.utf8), negated);
    if (problem !== undefined) complaints.broken(source.line, problem, 'look-ups that come to it fail (451)');
    else this.#remarkTraps(text, source, complaints);
  }

  /** Patterns that can never match. */
  #remarkTraps(text: string, source: Source, complaints: FileComplaints): void {
    const { parentMatches } = this.#deps;
    const subdomains = parentMatches
      ? 'write the domain alone'
      : 'write .example.com for what is in example.com';
    if (text.includes('*')) {
      complaints.remark(
        source.line,
        `${quoted(text)} never matches: there are no wildcards here`,
        subdomains,
      );
    } else if (text.startsWith('.') && parentMatches && this.#kind !== 'string') {
      const problem = `${quoted(text)} never matches: a domain matches its subdomains here`;
      complaints.remark(source.line, problem, subdomains);
    }
  }
}

function complainOfBareIPv6(spec: string, source: Source, complaints: FileComplaints): void {
  if (!/^[0-9a-f]*:[0-9a-f:.]*(?:\/\d+)?$/i.test(spec)) return;
  const remedy = 'write IPv6 addresses in brackets: [::1], [2001:db8::]/32';
  complaints.broken(source.line, `${quoted(spec)} is read as a table`, remedy);
}

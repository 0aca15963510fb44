/**
 * cidr: networks, the first match in file order. `Postfix: cidr_table(5)`. A key that is no network address is not found.
 */
import type { Complaint } from '../settings/complaint.ts';
import { CidrRules } from './cidr-rules.ts';
import type { FileComplaints } from './file-complaints.ts';
import type { Kind, KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { parseAddress } from './network.ts';
import { openRuleText, type RuleText } from './rule-text.ts';
import type { Found } from './table.ts';
import { eachLine } from './table-lines.ts';

export class CidrTable implements Lookup {
  readonly #text: RuleText<CidrRules>;

  constructor(name: string, context: KindContext) {
    this.#text = openRuleText(name, context, readRules);
  }

  get loading(): Promise<void> | undefined {
    return this.#text.loading;
  }

  find(key: string): Found | undefined {
    const rules = this.#text.content;
    const address = parseAddress(key);
    const rule = address ? rules.find(address) : -1;
    if (rule < 0) return undefined;
    return { value: rules.results.text(rule), source: this.#text.sourceAt(rules.results.line(rule)) };
  }

  *entries(): Iterable<Found> {
    const { results } = this.#text.content;
    for (let rule = 0; rule < results.count; rule++) {
      yield { value: results.text(rule), source: this.#text.sourceAt(results.line(rule)) };
    }
  }

  complaints(): readonly Complaint[] {
    return this.#text.complaints();
  }

  /** Networks that lie in a network above them and say something else. */
  lint(): Complaint[] {
    const { results, shadowed } = this.#text.content;
    return shadowed
      .filter(({ rule, by }) => !results.same(rule, by))
      .map(({ rule, by, network }) => ({
        source: this.#text.sourceAt(results.line(rule)),
        severity: 'warning',
        problem: `${network} is never reached: line ${results.line(by)} matches first`,
        remedy: 'the first match counts, not the longest: move the smaller network up',
      }));
  }

  close(): void {
    this.#text.close();
  }
}

function* readRules(bytes: Buffer, complaints: FileComplaints): Generator<void, CidrRules> {
  const rules = new CidrRules(complaints, bytes.length);
  yield* eachLine(bytes, complaints, (lines) => rules.add(lines));
  rules.finish();
  return rules;
}

export const cidrKinds: readonly Kind[] = [
  {
    type: 'cidr',
    nameIs: '/file/name, or { { network result } ... }',
    wholeKeysOnly: true,
    open: (name, context) => new CidrTable(name, context),
    sentence: 'Networks in address/length form; the first match in the file counts.',
  },
];

/**
 * The file `tests` beside main.cf: mails that might come, and what must become of them. `test NAME` begins a test; each line
 * below it is a word and a value. What stands in front of the first test counts for all that do not say otherwise. `#` begins
 * a comment line.
 */
import { isIP } from 'node:net';
import { WrittenDns } from '../dns/written-dns.ts';
import type { Source } from '../mail/source.ts';
import type { AttemptVerdict } from '../record/attempt.ts';
import type { Complain } from '../settings/complaint.ts';

export interface PolicyTest {
  readonly name: string;
  readonly source: Source;
  /** Lines of the DNS that it lives in. */
  readonly dns: readonly string[];
  readonly client: string;
  /** Undefined: as the DNS says. */
  readonly clientName: string | undefined;
  readonly helo: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly service: string | undefined;
  readonly user: string | undefined;
  readonly tls: boolean;
  /** A file beside main.cf. */
  readonly message: string | undefined;
  /** False: greylisting and address verification meet it for the first time. */
  readonly known: boolean;
  readonly expect: AttemptVerdict;
  /** How the deciding restriction begins, or its `file:line`. */
  readonly by: string | undefined;
  /** How the reply begins; `*` is any text. */
  readonly reply: string | undefined;
}

type Draft = { -readonly [K in keyof PolicyTest]: PolicyTest[K] };
/** Takes a value; a sentence where it is none. */
type Word = (draft: Draft, value: string, common: Draft) => string | undefined;

const VERDICTS: readonly AttemptVerdict[] = ['accept', 'reject', 'defer', 'discard', 'quarantine'];

/** THE words of a test. */
const WORDS: Readonly<Record<string, Word>> = {
  dns: (draft, value) => {
    draft.dns = [...draft.dns, value];
    return dnsProblem(value);
  },
  client: (draft, value) => {
    const [address = '', name] = value.split(/\s+/);
    draft.client = address;
    draft.clientName = name;
    return isIP(address) > 0 ? undefined : `"${address}" is no IP address`;
  },
  helo: text('helo'),
  from: (draft, value) => {
    draft.from = unbracketed(value);
    return undefined;
  },
  to: (draft, value, common) => {
    const earlier = draft !== common && draft.to === common.to ? [] : draft.to;
    draft.to = [...earlier, ...value.split(/[\s,]+/).map(unbracketed)];
    return undefined;
  },
  service: text('service'),
  user: text('user'),
  tls: yesOrNo('tls'),
  message: text('message'),
  known: yesOrNo('known'),
  expect: (draft, value) => {
    draft.expect = value as AttemptVerdict;
    return (VERDICTS as readonly string[]).includes(value) ? undefined : `expect ${VERDICTS.join(', ')}`;
  },
  by: text('by'),
  reply: text('reply'),
};

function text(name: 'helo' | 'service' | 'user' | 'message' | 'by' | 'reply'): Word {
  return (draft, value) => {
    draft[name] = value;
    return undefined;
  };
}

function yesOrNo(name: 'tls' | 'known'): Word {
  return (draft, value) => {
    draft[name] = value === 'yes';
    return value === 'yes' || value === 'no' ? undefined : 'it should be yes or no';
  };
}

function dnsProblem(line: string): string | undefined {
  try {
    new WrittenDns([line]);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function unbracketed(address: string): string {
  return address.replace(/^<(.*)>$/, '$1');
}

/** `file`: as complaints show it. */
export function readTests(content: string, file: string, complain: Complain): PolicyTest[] {
  const reader = new TestReader(file, complain);
  for (const [at, line] of content.split(/\r?\n/).entries()) reader.read(line.trim(), at + 1);
  return reader.end();
}

class TestReader {
  readonly #file: string;
  readonly #complain: Complain;
  readonly #tests: Draft[] = [];
  readonly #common: Draft;
  #current: Draft;

  constructor(file: string, complain: Complain) {
    this.#file = file;
    this.#complain = complain;
    this.#common = draft('', { file, line: 0 });
    this.#current = this.#common;
  }

  read(line: string, number: number): void {
    if (line === '' || line.startsWith('#')) return;
    const [, word = '', value = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    const source = { file: this.#file, line: number };
    if (word === 'test') this.#begin(value, source);
    else this.#take(word, value, source);
  }

  end(): PolicyTest[] {
    return this.#tests.filter((test) => this.#isWhole(test));
  }

  #begin(name: string, source: Source): void {
    if (name === '') this.#problem(source, '"test" without a name', 'say in a few words what it shows');
    this.#current = { ...this.#common, name, source };
    this.#tests.push(this.#current);
  }

  #take(word: string, value: string, source: Source): void {
    const take = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (!take) {
      this.#problem(source, `unknown word "${word}"`, `use test, ${Object.keys(WORDS).join(', ')}`);
      return;
    }
    const wrong = value === '' ? 'there is nothing behind it' : take(this.#current, value, this.#common);
    if (wrong !== undefined) this.#problem(source, `${word} ${value}`.trim(), wrong);
  }

  #isWhole({ name, source, client, to, expect }: Draft): boolean {
    const missing = Object.entries({ client, to: to[0], expect }).flatMap(([word, value]) =>
      value ? [] : [word],
    );
    if (missing.length > 0) this.#problem(source, `test "${name}" has no ${missing.join(', no ')}`, 'add it');
    return missing.length === 0;
  }

  #problem(source: Source, problem: string, remedy: string): void {
    this.#complain({ source, severity: 'error', problem, remedy });
  }
}

function draft(name: string, source: Source): Draft {
  return {
    name,
    source,
    dns: [],
    client: '',
    clientName: undefined,
    helo: undefined,
    from: '',
    to: [],
    service: undefined,
    user: undefined,
    tls: false,
    message: undefined,
    known: true,
    expect: '' as AttemptVerdict,
    by: undefined,
    reply: undefined,
  };
}

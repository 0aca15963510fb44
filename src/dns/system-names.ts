/**
 * Names of hosts as this system tells them: from the hosts file and the DNS, in the order of nsswitch.conf(5), which is
 * how Postfix learns the names of its clients (getnameinfo). The last source asked has the last word, also when it was
 * another one that could not answer.
 */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { Answer, Dns } from './dns.ts';
import type { HostsFile } from './hosts-file.ts';

/** What names of clients are made of. */
export type HostNames = Pick<Dns, 'a' | 'aaaa' | 'ptr'>;

/** A source, and the answers after which no other one is asked. */
export interface NameSource {
  readonly kind: 'files' | 'dns';
  readonly stopsAt: readonly Answer<string>['kind'][];
}

const USUAL: readonly NameSource[] = [
  { kind: 'files', stopsAt: ['found'] },
  { kind: 'dns', stopsAt: ['found'] },
];

/** `hosts: files mdns4 [NOTFOUND=return] dns`: sources that we do not have are passed over, with what follows of them. */
export function nameSources(path = '/etc/nsswitch.conf'): readonly NameSource[] {
  const line = /^[ \t]*hosts:(.*)$/m.exec(readOrNothing(path))?.[1] ?? '';
  const sources: NameSource[] = [];
  for (const [, kind = '', actions = ''] of line.matchAll(/([\w-]+)\s*(?:\[([^\]]*)\])?/g)) {
    if (kind === 'files' || kind === 'dns') sources.push({ kind, stopsAt: ['found', ...stops(actions)] });
  }
  return sources.length > 0 ? sources : USUAL;
}

/** `NOTFOUND=return`, `TRYAGAIN=return`; `!UNAVAIL=return` is said of sources that may not run. */
function stops(actions: string): Answer<string>['kind'][] {
  const has = (status: string) => new RegExp(`(?:^|\\s)${status}=return\\b`, 'i').test(actions);
  return [
    ...(has('NOTFOUND') ? (['absent'] as const) : []),
    ...(has('TRYAGAIN') ? (['unknown'] as const) : []),
  ];
}

export class SystemNames implements HostNames {
  readonly #dns: HostNames;
  readonly #hosts: HostsFile;
  readonly #sources: readonly NameSource[];

  constructor(dns: HostNames, hosts: HostsFile, sources: readonly NameSource[]) {
    this.#dns = dns;
    this.#hosts = hosts;
    this.#sources = sources;
  }

  a(name: string): Promise<Answer<string>> {
    const written = () => this.#hosts.addressesOf(name)?.filter(isIPv4);
    return this.#ask(written, () => this.#dns.a(name));
  }

  aaaa(name: string): Promise<Answer<string>> {
    const written = () => this.#hosts.addressesOf(name)?.filter((address) => !isIPv4(address));
    return this.#ask(written, () => this.#dns.aaaa(name));
  }

  ptr(address: string): Promise<Answer<string>> {
    const written = () => {
      const name = this.#hosts.nameOf(address);
      return name === undefined ? undefined : [name];
    };
    return this.#ask(written, () => this.#dns.ptr(address));
  }

  async #ask(
    written: () => readonly string[] | undefined,
    asked: () => Promise<Answer<string>>,
  ): Promise<Answer<string>> {
    let answer: Answer<string> = { kind: 'absent', why: 'nxdomain' };
    for (const { kind, stopsAt } of this.#sources) {
      answer = kind === 'dns' ? await asked() : answerOf(written());
      if (stopsAt.includes(answer.kind)) break;
    }
    return answer;
  }
}

function answerOf(records: readonly string[] = []): Answer<string> {
  return records.length > 0 ? { kind: 'found', records } : { kind: 'absent', why: 'nxdomain' };
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

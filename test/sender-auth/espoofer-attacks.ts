/**
 * The 22 ways of espoofer to make a checker and a reader disagree about who sent a mail (multiple From fields, NUL, routes,
 * quoting, injected results), and what each must end in: an unusable From, or results that can be read in one way only.
 */
import type { FakeZone } from './fake-dns.ts';
import { rsaRecord } from './signed-message.ts';

/** Everything of the attacker passes, everything of the bank is strict. */
export const ZONE: FakeZone = {
  'attack.example': { TXT: ['v=spf1 +all'] },
  'a.attack.example': { TXT: ['v=spf1 +all'] },
  'any.attack.example': { TXT: ['v=spf1 +all'] },
  '33.attack.example': { TXT: ['v=spf1 +all'] },
  'selector._domainkey.attack.example': { TXT: [rsaRecord] },
  'bank.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.bank.example': { TXT: ['v=DMARC1; p=reject'] },
  'provider.example': { TXT: ['v=spf1 +all'] },
  '_dmarc.provider.example': { TXT: ['v=DMARC1; p=reject'] },
};

export interface Attack {
  readonly name: string;
  readonly helo?: string;
  /** In internal form, as the gateway has it once MAIL is read. */
  readonly mailFrom?: string;
  /** Header lines from the top. */
  readonly header: readonly string[];
  /** Tags of a signature by the attacker's key. */
  readonly signature?: Readonly<Record<string, string>>;
  /** `unusable`, or what the field must say about the domain in From. */
  readonly ends: 'unusable' | readonly [dmarc: string, from: string];
}

const BANK = 'From: <admin@bank.example>';
const REJECTED = ['fail', 'bank.example'] as const;
const OWN_NAME = ['none', 'attack.example'] as const;

export const ATTACKS: readonly Attack[] = [
  {
    name: 'server 1: a name below the bank that does not exist',
    mailFrom: 'any@mailfrom.notexist.bank.example',
    header: [BANK],
    ends: REJECTED,
  },
  {
    name: 'server 2: a sender that some take for empty',
    mailFrom: '(any@bank.example',
    header: [BANK],
    ends: REJECTED,
  },
  {
    name: 'server 3: NUL in the selector',
    helo: '33.attack.example',
    mailFrom: 'any@33.attack.example',
    header: [BANK],
    signature: { d: 'bank.example', s: 'selector._domainkey.attack.example.\0.any' },
    ends: REJECTED,
  },
  {
    name: 'server 4: a quote in d=',
    header: [BANK],
    signature: { d: "bank.example'a.attack.example", s: 'selector' },
    ends: REJECTED,
  },
  {
    name: 'server 5: a parenthesis in the sender',
    mailFrom: 'any@bank.example(a.attack.example',
    header: [BANK],
    ends: REJECTED,
  },
  {
    name: 'server 6: a quote in the sender',
    mailFrom: "any@bank.example'@any.attack.example",
    header: [BANK],
    ends: REJECTED,
  },
  {
    name: 'server 7: a route in the sender',
    mailFrom: "'any@attack.example",
    header: [BANK],
    ends: REJECTED,
  },
  { name: 'server 8: two From fields', header: ['From: <first@attack.example>', BANK], ends: 'unusable' },
  {
    name: 'server 9: a From field behind white space',
    header: [' From: <first@attack.example>', BANK],
    ends: 'unusable',
  },
  {
    name: 'server 10: a From field with a space before its colon',
    header: ['From: <first@attack.example>', 'From : <admin@bank.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 11: a From field folded before its colon',
    header: ['From', ' : <first@attack.example>', BANK],
    ends: 'unusable',
  },
  {
    name: 'server 12: Sender besides a hidden From',
    header: ['From', ' : <first@attack.example>', 'Sender: <admin@bank.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 13: Resent-From besides a hidden From',
    header: ['From', ' : <first@attack.example>', 'Resent-From: <admin@bank.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 14: two addresses',
    header: ['From: <first@attack.example>, <admin@bank.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 15: an encoded address',
    header: ['From: =?utf-8?B?PGFkbWluQGJhbmsuZXhhbXBsZT4=?=,<second@attack.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 16: a route',
    header: ['From: <@attack.example,@any.example:admin@bank.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 17: a quoted comma',
    header: ['From: <admin@bank.example>\\,<second@attack.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 18: an address and a bracketed one',
    header: ['From: admin@bank.example,<second@attack.example>'],
    ends: 'unusable',
  },
  {
    name: 'server 19: an address behind the bracket',
    header: ['From: <any@attack.example>admin@bank.example'],
    ends: 'unusable',
  },
  {
    name: 'client 1: two From fields of one provider',
    mailFrom: 'attacker@provider.example',
    header: ['From: <attacker@provider.example>', 'From: <admin@provider.example>'],
    ends: 'unusable',
  },
  {
    name: 'client 2: two addresses of one provider',
    mailFrom: 'attacker@provider.example',
    header: ['From: <attacker@provider.example>, <admin@provider.example>'],
    ends: ['pass', 'provider.example'],
  },
  {
    name: 'client 3: a colleague of one provider',
    mailFrom: 'attacker@provider.example',
    header: ['From: <admin@provider.example>'],
    ends: ['pass', 'provider.example'],
  },
];

/** More of the kind: the attacker's own name with something in it that looks like a result. */
export const INJECTIONS: readonly Attack[] = [
  {
    name: 'results in the sender',
    mailFrom: 'x; dkim=pass header.d=bank.example; y@attack.example',
    header: ['From: <x@attack.example>'],
    ends: OWN_NAME,
  },
  {
    name: 'line ends in the sender',
    mailFrom: 'x\r\nAuthentication-Results: mx.example.net; dkim=pass\r\n@attack.example',
    header: ['From: <x@attack.example>'],
    ends: OWN_NAME,
  },
  {
    name: 'results in HELO',
    mailFrom: '',
    helo: 'x"; dmarc=pass header.from=bank.example; (',
    header: ['From: <x@attack.example>'],
    ends: OWN_NAME,
  },
  {
    name: 'results in i=',
    header: ['From: <x@attack.example>'],
    signature: { d: 'attack.example', s: 'selector', i: '"(dkim=pass"@attack.example' },
    ends: ['none', 'attack.example'],
  },
  {
    name: 'results in a=',
    header: ['From: <x@attack.example>'],
    signature: { d: 'attack.example', s: 'selector', a: 'rsa dmarc=pass' },
    ends: OWN_NAME,
  },
];

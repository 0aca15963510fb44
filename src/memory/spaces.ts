/**
 * THE table of spaces: what the gateway remembers, under which name, and how much of it at most. The stores, the shell
 * commands and the manual read it. A number is never given to another space: it stands in databases that exist.
 */

export interface Space {
  /** How SQLite knows the space. */
  readonly id: number;
  /** Beyond so many entries, those that would expire first go. */
  readonly bound: number;
  readonly sentence: string;
}

export const spaces = {
  keeper: { id: 1, bound: 10, sentence: 'which process looks after the database' },
  greylist: {
    id: 2,
    bound: 5_000_000,
    sentence: 'client, sender and recipient, and when they were first seen',
  },
  clients: { id: 3, bound: 1_000_000, sentence: 'who came back after greylisting, how often and how late' },
  signers: { id: 4, bound: 500_000, sentence: 'networks, and the domain that signs the mail they bring' },
  verify: { id: 5, bound: 1_000_000, sentence: 'addresses that were verified, and what their host said' },
  targets: { id: 6, bound: 100_000, sentence: 'mail hosts that do not want to be asked about addresses' },
  correspondents: { id: 7, bound: 1_000_000, sentence: 'strangers whom our users have written to' },
  rates: {
    id: 8,
    bound: 1_000_000,
    sentence: 'how much each client, sender, user and recipient may still do',
  },
  passed: { id: 9, bound: 1_000_000, sentence: 'clients that have passed the tests at connect time' },
  lists: { id: 10, bound: 100_000, sentence: 'how DNS lists have answered, day by day' },
  reports: { id: 11, bound: 100, sentence: 'when the last digests were sent to users' },
} as const satisfies Record<string, Space>;

export type SpaceName = keyof typeof spaces;

/** Those that export and import carry: knowledge, no momentary state. */
export const carriedSpaces: readonly SpaceName[] = [
  'greylist',
  'clients',
  'signers',
  'verify',
  'correspondents',
  'passed',
];

/** Whether there is a space of that name. */
export function isSpace(name: string): name is SpaceName {
  return Object.hasOwn(spaces, name);
}

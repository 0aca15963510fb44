/**
 * Tests whether a DNS list answers as a list should: what every list has is there, what none may have is not, and a name
 * that nobody can have listed is unknown. RFC 5782 2.1.3, 2.3, 3.4.
 * Only positive evidence speaks against a list. One without the test entry may be private, or empty: that is a note.
 */
import { randomBytes } from 'node:crypto';
import type { Answer, Dns } from './dns.ts';
import { isWithin, refusalMeaning } from './list-refusals.ts';

/** What a list is asked about. */
export type ListKind = 'address' | 'name';

export type TestResult =
  | { readonly kind: 'good' }
  /** It does no harm; `why`: what it lacks. */
  | { readonly kind: 'untested'; readonly why: string }
  | { readonly kind: 'bad'; readonly why: string }
  /** Nothing was heard. */
  | { readonly kind: 'unknown'; readonly why: string };

interface TestNames {
  readonly present: string;
  readonly absent: string;
  /** As the operator knows them. */
  readonly shown: { readonly present: string; readonly absent: string };
}

const TEST_NAMES: Record<ListKind, TestNames> = {
  address: {
    present: '2.0.0.127',
    absent: '1.0.0.127',
    shown: { present: '127.0.0.2', absent: '127.0.0.1' },
  },
  name: { present: 'test', absent: 'invalid', shown: { present: 'TEST', absent: 'INVALID' } },
};

/** They have the entry that no list should have, and mean something by it. Source: Haraka, `loopback_is_rejected`. */
const LISTS_LOOPBACK = ['hostkarma.junkemailfilter.com'];

/** Asks a list about itself. */
export async function testList(zone: string, kind: ListKind, dns: Dns): Promise<TestResult> {
  const names = TEST_NAMES[kind];
  const [present, absent, unheardOf] = await Promise.all(
    [names.present, names.absent, randomLabel()].map((front) => dns.a(`${front}.${zone}`)),
  );
  if (!present || !absent || !unheardOf) throw new Error('three questions have three answers');
  const refusal = [present, absent, unheardOf]
    .map((answer) => refusalMeaning(zone, addressesIn(answer)))
    .find((meaning) => meaning !== undefined);
  if (refusal !== undefined) return { kind: 'bad', why: refusal };
  if (unheardOf.kind === 'found') return { kind: 'bad', why: await whyAnything(unheardOf, dns) };
  if (absent.kind === 'found' && !LISTS_LOOPBACK.some((one) => isWithin(zone, one))) {
    return { kind: 'bad', why: `it lists ${names.shown.absent}, which no list may do (RFC 5782)` };
  }
  if (present.kind === 'found') return { kind: 'good' };
  if (present.kind === 'unknown') return { kind: 'unknown', why: present.why };
  return { kind: 'untested', why: `it lacks the test entry ${names.shown.present} (RFC 5782)` };
}

/** A made-up name is listed: is it the list that says so, or the resolver on its way? */
async function whyAnything(answer: Answer<string>, dns: Dns): Promise<string> {
  const told = addressesIn(answer)[0] ?? '';
  const elsewhere = await dns.a(`${randomLabel()}.com`);
  if (elsewhere.kind === 'found') {
    return `the resolver answers with ${told} for names that do not exist; see dns_servers`;
  }
  return `it answers every question with ${told}: it lists the whole world`;
}

function addressesIn(answer: Answer<string>): readonly string[] {
  return answer.kind === 'found' ? answer.records : [];
}

function randomLabel(): string {
  return `x${randomBytes(8).toString('hex')}`;
}

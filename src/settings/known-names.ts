/**
 * Looks at the names in main.cf and `-o`: those that nobody knows ("did you mean"), those that a gateway has no use
 * for, those of old, and `$name` that stand for nothing. A name that the operator invented is known when something
 * mentions it: as `$name`, in smtpd_restriction_classes, or as `rbl:inline:NAME`. `Postfix: postconf_unused.c,
 * postconf_user.c`. What value a parameter has is not judged here.
 */
import type { Complain, Complaint } from './complaint.ts';
import { deprecatedParameters } from './deprecated-parameters.ts';
import { didYouMean } from './did-you-mean.ts';
import { ignoredParameters } from './ignored-parameters.ts';
import { referencedNames } from './macros.ts';
import type { Assignment } from './main-cf.ts';
import { parameter, parameterNames } from './parameters.ts';
import { serviceParameter } from './service-parameters.ts';
import type { Scope } from './services.ts';
import { readOnlyNames } from './settings.ts';

/** What lies around the scopes. */
export interface NameFacts {
  /** main.cf first, then the services. */
  readonly scopes: readonly Scope[];
  /** The services of master.cf, whatever their program. */
  readonly services: ReadonlySet<string>;
}

/** Makes all complaints about names; returns those that nobody knows. */
export function checkNames(facts: NameFacts, complain: Complain): Set<string> {
  const nobodyKnows = new Set<string>();
  const invented = inventedNames(facts.scopes);
  const setNames = new Set(facts.scopes.flatMap(({ set }) => [...set.keys()]));
  for (const { set } of facts.scopes) {
    for (const assignment of set.values()) {
      const { name, source } = assignment;
      const complaint = judgeName(assignment, facts, invented);
      if (complaint !== undefined) complain({ source, ...complaint });
      if (!isKnown(name) && !invented(name)) nobodyKnows.add(name);
      if (readsMacros(name, invented)) checkReferences(assignment, setNames, complain);
    }
  }
  return nobodyKnows;
}

/** Names that something mentions. */
function inventedNames(scopes: readonly Scope[]): (name: string) => boolean {
  const names = new Set<string>();
  const prefixes = new Set<string>();
  for (const { set, settings } of scopes) {
    for (const token of settings.tokens('smtpd_restriction_classes')) names.add(token.text);
    for (const [name, { value }] of set) {
      if (parameter(name)?.raw) continue;
      for (const reference of referencedNames(value.text)) names.add(reference.name);
      for (const match of value.text.matchAll(INLINE_LIST)) names.add(match[1] ?? '');
      for (const match of value.text.matchAll(OLD_DATABASE)) prefixes.add(`${match[1]}_`);
    }
  }
  return (name) => names.has(name) || [...prefixes].some((prefix) => name.startsWith(prefix));
}

/** DNS lists of Kadlecsik's patch, whose zone and answer stand in a parameter. */
const INLINE_LIST = /\b(?:rbl|rhsbl):inline:([^\s,{}]+)/g;
/** Databases that once were configured in main.cf itself: `ldap:users` with users_server_host and so on. */
const OLD_DATABASE = /\b(?:ldap|mysql|pgsql|sqlite|memcache|mongodb):(\w+)/g;

type NameComplaint = Omit<Complaint, 'source'>;

function judgeName(
  { name, value }: Assignment,
  { services }: NameFacts,
  isInvented: (name: string) => boolean,
): NameComplaint | undefined {
  if (readOnlyNames.includes(name)) return readOnly(name);
  if (parameter(name) !== undefined) return undefined;
  const ignored = ignoredParameters.get(name);
  if (ignored !== undefined) {
    const { severity, remedy } = value.text === '' ? ({ severity: 'note', remedy: '' } as const) : ignored;
    return { severity, problem: `${name} is ignored: ${ignored.why}`, remedy };
  }
  const old = deprecatedParameters.get(name);
  if (old !== undefined) {
    const severity = old.lost ? 'warning' : 'note';
    const problem = old.lost
      ? `${name} is no longer read`
      : `${name} is a parameter of older Postfix releases`;
    return { severity, problem, remedy: old.instead };
  }
  const own = serviceParameter(name);
  if (own !== undefined && services.has(own.service)) return ofService(name);
  if (isInvented(name)) return undefined;
  return own === undefined ? unknown(name) : unknownService(name, own.service, services);
}

function readOnly(name: string): NameComplaint {
  return {
    severity: 'warning',
    problem: `${name} cannot be set`,
    remedy: 'remove it: it follows from master.cf',
  };
}

function ofService(name: string): NameComplaint | undefined {
  if (name.endsWith('_time_limit')) return undefined;
  return { severity: 'note', problem: `${name} is ignored: there is no queue`, remedy: '' };
}

function unknown(name: string): NameComplaint {
  const meant = didYouMean(name, knownNames());
  const remedy =
    meant === undefined
      ? `remove it, mention it as $${name}, or declare it in smtpd_restriction_classes`
      : `did you mean ${meant}?`;
  return { severity: 'warning', problem: `there is no parameter ${name}`, remedy };
}

function unknownService(name: string, service: string, services: ReadonlySet<string>): NameComplaint {
  const meant = didYouMean(service, services);
  const problem = `${name}: there is no service "${service}" in master.cf`;
  return {
    severity: 'warning',
    problem,
    remedy: meant === undefined ? 'remove it' : `did you mean ${meant}?`,
  };
}

function readsMacros(name: string, isInvented: (name: string) => boolean): boolean {
  const row = parameter(name);
  return row === undefined ? isInvented(name) && !ignoredParameters.has(name) : !row.raw;
}

function checkReferences(
  { name, value }: Assignment,
  setNames: ReadonlySet<string>,
  complain: Complain,
): void {
  for (const reference of referencedNames(value.text)) {
    if (setNames.has(reference.name) || isKnown(reference.name)) continue;
    const meant = didYouMean(reference.name, [...knownNames(), ...setNames]);
    complain({
      source: value.sourceAt(reference.at),
      severity: SAMPLE_NAMES.has(reference.name) ? 'note' : 'warning',
      problem: `${name} mentions $${reference.name}, which is not defined and so is empty`,
      remedy: SAMPLE_NAMES.has(reference.name)
        ? ''
        : meant === undefined
          ? 'define it; a plain dollar is written $$'
          : `did you mean $${meant}?`,
    });
  }
}

/** The submission lines of Postfix's own master.cf mention them for the operator to define, or not. */
const SAMPLE_NAMES = new Set(['client', 'helo', 'sender'].map((of) => `mua_${of}_restrictions`));

function isKnown(name: string): boolean {
  return (
    parameter(name) !== undefined ||
    ignoredParameters.has(name) ||
    deprecatedParameters.has(name) ||
    serviceParameter(name) !== undefined
  );
}

/** Every name that Postfix or we have. */
function knownNames(): Iterable<string> {
  return [...parameterNames, ...ignoredParameters.keys(), ...deprecatedParameters.keys()];
}

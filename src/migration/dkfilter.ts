/**
 * The flags of dkfilter, the two SMTP proxies for DomainKeys, as they stand in rc.conf (`dkfilter_in_flags="..."`) or in its
 * start script (`DKFILTER_OUT_ARGS="..."`): a hop that verifies, and a hop that signs. DomainKeys (RFC 4870) became DKIM, whose
 * signatures are made and checked instead; key and DNS record stay where they are.
 */
import { filterHop, hostPort } from './filter-hop.ts';
import { type ForeignSetting, givenOr } from './foreign-setting.ts';
import {
  type Dictionary,
  head,
  lost,
  needless,
  type Options,
  options,
  type Translation,
  translateAll,
} from './translation.ts';

const ONE_PROCESS = () => needless('all services are of one process, which runs as mail_owner');
const DKIM_HAS_IT = () => needless('a DKIM signature always says which headers it covers');

const common: Dictionary = {
  listen: () => head,
  'next hop': () => head,
  enable: (value) => (/^"?yes"?$/i.test(value) ? head : lost('it was switched off: leave this service out')),
  '--daemonize': ONE_PROCESS,
  '--background': ONE_PROCESS,
  '--pidfile': ONE_PROCESS,
  '--user': ONE_PROCESS,
  '--group': ONE_PROCESS,
};

const verifying: Dictionary = {
  ...common,
  '--hostname': (value) => options({ authserv_id: value }),
  '--reject-error': () => lost('a signature alone refuses no mail: see dmarc_policy = enforce'),
};

const signing: Dictionary = {
  ...common,
  '--header': DKIM_HAS_IT,
  '--headers': DKIM_HAS_IT,
  '--method': () => needless('DKIM has relaxed and simple'),
  '--keyfile': () => head,
  '--selector': () => head,
  '--domain': () => head,
};

/** A service for each of the two that the file starts. */
export function translateDkfilter(text: string, file: string): Translation[] {
  return [
    ...translation(flagsOf(text, file, 'in'), verifying, (settings) => ({
      // our own machine is no stranger otherwise, and mail of our own is not verified
      ...filterHop(givenOr(settings, 'next hop', ''), 'permit_inet_interfaces'),
      mynetworks: '',
      dkim_verify: 'yes',
    })),
    ...translation(flagsOf(text, file, 'out'), signing, (settings) => ({
      ...filterHop(givenOr(settings, 'next hop', ''), 'permit_mynetworks'),
      dkim_sign: 'yes',
      dkim_signing_maps: signingMaps(settings),
    })),
  ];
}

function translation(
  settings: readonly ForeignSetting[],
  dictionary: Dictionary,
  makeOptions: (settings: readonly ForeignSetting[]) => Options,
): Translation[] {
  const listen = givenOr(settings, 'listen', '');
  if (listen === '') return [];
  const service = { listen, maxConnections: '-', program: 'smtpd' as const, options: makeOptions(settings) };
  return [{ service, settings: translateAll(settings, dictionary) }];
}

/** A row for each domain, all with one key. */
function signingMaps(settings: readonly ForeignSetting[]): string {
  const [selector, file] = [
    givenOr(settings, '--selector', ''),
    givenOr(settings, '--keyfile', 'private.key'),
  ];
  const domains = givenOr(settings, '--domain', '').split(',');
  return `inline:{ ${domains.map((domain) => `{ ${domain} = ${domain}:${selector}:${file} }`).join(' ')} }`;
}

const ASSIGNMENT = /^[ \t]*(?:dkfilter_(in|out)_(enable|flags)|dkfilter_(in|out)_args)=("[^"]*"|\S*)/gim;

/** The flags of one of the two, each with its line; the first bare word is where it listens, the second its next hop. */
function flagsOf(text: string, file: string, which: 'in' | 'out'): ForeignSetting[] {
  const places = ['listen', 'next hop'];
  return [...text.matchAll(ASSIGNMENT)].flatMap((match) => {
    const [whole, before, what = 'args', after, value = ''] = match;
    if ((before ?? after ?? '').toLowerCase() !== which) return [];
    const start = match.index + whole.length - value.length;
    const sourceAt = (offset: number) => ({ file, line: text.slice(0, start + offset).split('\n').length });
    if (what.toLowerCase() === 'enable')
      return [{ name: 'enable', value, shown: whole.trim(), source: sourceAt(0) }];
    return [...value.matchAll(/[^\s"\\]+/g)].map((word) => ({
      ...flag(word[0], places),
      shown: word[0],
      source: sourceAt(word.index),
    }));
  });
}

function flag(word: string, places: string[]): { name: string; value: string } {
  if (!word.startsWith('--')) return { name: places.shift() ?? word, value: hostPort(word) };
  const [name = '', value = ''] = word.split(/=(.*)/s);
  return { name, value };
}

/**
 * The lists of "River of Stars" as they may have been, who is on them, and what the page's users have chosen: all that its
 * tests go by, written down a second time, from the page's text.
 */
import { type RblZone, TEST_ENTRY } from '../support/rbldnsd.ts';

/** Lists of clients that say yes or no: class, zone, and what the refusal says. */
const CLIENT_LISTS: readonly (readonly [name: string, zone: string, says: string])[] = [
  ['visi', 'relays.visi.com', 'listed by Visi RSL.'],
  ['dsbl', 'list.dsbl.org', 'listed by DSBL.'],
  ['ordb', 'relays.ordb.org', 'listed by ORDB.'],
  ['monkeys_prox', 'proxies.relays.monkey.com', 'listed by Monkeys Proxies.'],
  ['monkeys_form', 'formmail.relays.monkey.com', 'listed by Monkeys Formmail.'],
  ['bopm', 'opm.blitzed.org', 'listed by BOPM.'],
  ['korea', 'korea.services.net', 'listed by Services Korea as Korean network likely to send spam.'],
  ['flow', 'flowgoaway.com', 'listed by Flowgoaway.'],
  ['pm0', 'pm0-no-more.compu.net', 'listed by PM0-No-More.'],
  ['ciberlynx_us', 'ciberlynx.blackholes.us', 'listed by Blackholes Ciberlynx.'],
  ['inflow_us', 'inflow.blackholes.us', 'listed by Blackholes Inflow.'],
  ['rackspace_us', 'rackspace.blackholes.us', 'listed by Blackholes Rackspace.'],
  ['verio_us', 'verio.blackholes.us', 'listed by Blackholes Verio.'],
  ['valueweb_us', 'valueweb.blackholes.us', 'listed by Blackholes Valueweb.'],
  ['eli_us', 'eli.blackholes.us', 'listed by Blackholes ELI.'],
  ['korea_us', 'korea.blackholes.us', 'listed by Blackholes Korea.'],
  ['argentina_us', 'argentina.blackholes.us', 'listed by Blackholes Argentina.'],
  ['china_us', 'china.blackholes.us', 'listed by Blackholes China.'],
  ['taiwan_us', 'taiwan.blackholes.us', 'listed by Blackholes Taiwan.'],
  ['level3_us', 'level3.blackholes.us', 'listed by Blackholes Level3.'],
];

/** Lists with several return codes: what each code means, and which codes each table acts upon. */
interface CodedList {
  readonly zone: string;
  /** The class that only notes the answer. */
  readonly notes: string;
  readonly codes: Readonly<Record<string, string>>;
  /** Class -> last number of the codes that refuse. */
  readonly tables: Readonly<Record<string, readonly number[]>>;
}

const RBL_PLUS: CodedList = {
  zone: 'rbl-plus.mail-abuse.org',
  notes: 'class_rblplusdunno',
  codes: {
    '127.1.0.1': 'listed by MAPS RBL.',
    '127.1.0.2': 'listed by MAPS DUL.',
    '127.1.0.3': 'listed by MAPS RBL and DUL.',
    '127.1.0.4': 'listed by MAPS RSS.',
    '127.1.0.5': 'listed by MAPS RBL and RSS.',
    '127.1.0.6': 'listed by MAPS DUL and RSS.',
    '127.1.0.7': 'listed by MAPS RBL and DUL and RSS.',
  },
  tables: {
    class_multi_rbldulrss: [1, 2, 3, 4, 5, 6, 7],
    class_multi_rbldul: [1, 2, 3, 5, 6, 7],
    class_multi_rblrss: [1, 3, 4, 5, 6, 7],
    class_multi_rbl: [1, 3, 5, 7],
    class_multi_rss: [4, 5, 6, 7],
  },
};
const OSIRUSOFT: CodedList = {
  zone: 'relays.osirusoft.com',
  notes: 'class_osirusoftdunno',
  codes: {
    '127.0.0.2': 'listed as open relay.',
    '127.0.0.3': 'listed as dynamic ip.',
    '127.0.0.4': 'listed as spam source.',
    '127.0.0.5': 'nobody is refused for this',
    '127.0.0.6': 'listed as spamhaus or spamsite.',
    '127.0.0.7': 'listed as unconfirmed list sender.',
    '127.0.0.8': 'listed as open formmail.',
    '127.0.0.9': 'listed as open proxy.',
  },
  tables: {
    class_multi_osirrlydynspewhauslistformprox: [2, 3, 4, 6, 7, 8, 9],
    class_multi_osirrlydynspewhausformprox: [2, 3, 4, 6, 8, 9],
    class_multi_osirrlyspewhausformprox: [2, 4, 6, 8, 9],
    class_multi_osirrlyhausformprox: [2, 6, 8, 9],
    class_multi_osirspewhausformprox: [4, 6, 8, 9],
    class_multi_osirrlyformprox: [2, 8, 9],
  },
};
const IPWHOIS: CodedList = {
  zone: 'ipwhois.rfci-ignorant.com',
  notes: 'class_rfciipwhoisdunno',
  codes: { '127.0.0.6': 'has improper NIC contact records.', '127.0.0.2': 'another code' },
  tables: { class_multi_rfciipwhois: [6] },
};
const CODED = [RBL_PLUS, OSIRUSOFT, IPWHOIS];

/** What the users of user-restrictions have chosen; `other` is a user without a line there. */
interface Choice {
  readonly user: string;
  readonly lists: readonly string[];
  readonly tables: readonly string[];
}
const EVERYBODY = ['visi', 'dsbl', 'ordb', 'monkeys_prox', 'bopm'];
const LIGHT = [...EVERYBODY, 'korea', 'ciberlynx_us', 'inflow_us'];
const REGULAR = [...LIGHT, 'rackspace_us'];
const NATIONS = 'verio_us valueweb_us eli_us argentina_us korea_us china_us taiwan_us level3_us'.split(' ');
const RFCI = ['rfci_pm', 'rfciwhois'];
export const CHOICES: readonly Choice[] = [
  { user: 'postmaster', lists: [], tables: [] },
  { user: 'sales', lists: EVERYBODY, tables: ['class_multi_rss', 'class_multi_osirrlyformprox'] },
  { user: 'webmaster', lists: LIGHT, tables: ['class_multi_rbldulrss', 'class_multi_osirrlyhausformprox'] },
  {
    user: 'regularguy',
    lists: REGULAR,
    tables: ['class_multi_rbldulrss', 'class_multi_osirrlydynspewhausformprox'],
  },
  {
    user: 'spamshy',
    lists: [...REGULAR, ...RFCI],
    tables: ['class_multi_rbldulrss', 'class_multi_osirrlydynspewhausformprox', 'class_multi_rfciipwhois'],
  },
  {
    user: 'bofh',
    lists: [...REGULAR, ...NATIONS, ...RFCI],
    tables: [
      'class_multi_rbldulrss',
      'class_multi_osirrlydynspewhauslistformprox',
      'class_multi_rfciipwhois',
    ],
  },
  {
    user: 'other',
    lists: [...REGULAR, ...NATIONS, ...RFCI],
    tables: ['class_multi_rbldulrss', 'class_multi_osirrlydynspewhausformprox', 'class_multi_rfciipwhois'],
  },
];

/** A client, or a sender, that is on one list alone. */
interface Listed {
  readonly title: string;
  readonly client: string;
  readonly sender: string;
  /** What a user hears who has this list. */
  readonly refusal: RegExp;
  /** Whether a user, or a test recipient with one class, is refused. */
  isRefused(recipient: { readonly lists: readonly string[]; readonly tables: readonly string[] }): boolean;
}

/** For rbldnsd. */
export const zones: Record<string, { type: RblZone['type']; lines: string[] }> = {};
/** For the name server that has the hosts. */
export const hosts: string[] = [
  'mx.good.example A 192.0.2.1',
  '203.0.113.254 PTR bulk.example',
  'bulk.example A 203.0.113.254',
  ...['good', 'bargains', 'free-for-a-day', 'lists', 'dialup', 'far'].map(
    (name) => `${name}.example MX 10 mx.good.example`,
  ),
];
const escaped = (text: string) => text.replace(/[.<>[\]|]/g, '\\$&');
let clients = 0;

/** A client with a good name that is on this list, or on none. */
function newClient(zone?: string, ...codes: readonly string[]): string {
  const address = `203.0.113.${++clients}`;
  hosts.push(`${address} PTR h${clients}.isp.example`, `h${clients}.isp.example A ${address}`);
  if (zone !== undefined) {
    zones[zone] ??= { type: 'ip4set', lines: [TEST_ENTRY] };
    for (const code of codes) zones[zone].lines.push(`${address} :${code}:listed`);
  }
  return address;
}

/** A domain of senders that is on this list. */
function newDomain(zone: string, domain: string, code: string): string {
  hosts.push(`${domain} MX 10 mx.good.example`);
  zones[zone] ??= { type: 'dnset', lines: [':127.0.0.2:listed', 'test'] };
  zones[zone].lines.push(`${domain} :${code}:listed`);
  return domain;
}

/** A client's name, by its address. */
export const nameOf = (address: string) => `h${address.split('.')[3]}.isp.example`;
/** It is on no list. */
export const clean = newClient();

function listedClients(): Listed[] {
  return CLIENT_LISTS.map(([name, zone, says]) => {
    const client = newClient(zone, '127.0.0.2');
    const text = escaped(
      `554 5.7.1 <${nameOf(client)}[${client}]>: Client host rejected: ${client} ${says} See <`,
    );
    return {
      title: `class_${name}`,
      client,
      sender: 'someone@good.example',
      refusal: new RegExp(`^${text}.*http://www\\.example\\.com/nospam/>$`),
      isRefused: ({ lists }) => lists.includes(name),
    };
  });
}

function codedClients(): Listed[] {
  return CODED.flatMap(({ zone, codes, tables }) =>
    Object.entries(codes).map(([code, says]) => {
      const client = newClient(zone, code);
      const number = Number(code.split('.')[3]);
      return {
        title: `${zone} ${code}`,
        client,
        sender: 'someone@good.example',
        refusal: new RegExp(`^${escaped(`554 5.7.1 <${code}>: Access denied: ${client} ${says} See <`)}`),
        isRefused: (recipient) => recipient.tables.some((table) => tables[table]?.includes(number)),
      };
    }),
  );
}

/** Zone, code, what is said of it; `-`: nobody is refused for this. */
const SENDER_LISTS: readonly (readonly [name: string, zone: string, code: string, refusal: RegExp])[] = [
  [
    'rfci_pm', // class_rfci_abuse asks the same zone: see main.cf
    'postmaster.rfc-ignorant.org',
    '127.0.0.3',
    /^554 5\.7\.1 <a@d1\.example>: Sender address rejected: d1\.example listed by RFCI (Postmaster|Abuse), does not accept mail to (postmaster|abuse)@\. See </,
  ],
  [
    'rfciwhois',
    'whois.rfci-ignorant.com',
    '127.0.0.5',
    /^554 5\.7\.1 <127\.0\.0\.5>: Access denied: 203\.0\.113\.1 has improper NIC contact records\. See </,
  ],
  ['-', 'whois.rfci-ignorant.com', '127.0.0.7', /-/],
  [
    'rfci_dsn',
    'dsn.rfc-ignorant.org',
    '127.0.0.4',
    /^554 5\.7\.1 <a@d4\.example>: Sender address rejected: d4\.example does not accept bounces \(DSNs\)\. See </,
  ],
];

function listedSenders(): Listed[] {
  return SENDER_LISTS.map(([name, zone, code, refusal], i) => ({
    title: `${zone} ${code}`,
    client: clean,
    sender: `a@${newDomain(zone, `d${i + 1}.example`, code)}`,
    refusal,
    // who does not accept bounces cannot send to anybody
    isRefused: ({ lists }) => name === 'rfci_dsn' || lists.includes(name),
  }));
}

/** Besides the page's users: for each class one who has chosen it alone. */
export const SINGLE: readonly (Choice & { readonly row: string })[] = [
  ...CLIENT_LISTS.map(([name]) => ({
    user: `only-${name}`,
    lists: [name],
    tables: [],
    row: `class_${name}`,
  })),
  ...CODED.flatMap(({ notes, tables }) =>
    Object.keys(tables).map((table) => ({
      user: `only-${table}`,
      lists: [],
      tables: [table],
      row: `${notes}, ${table}`,
    })),
  ),
  { user: 'only-rfci_pm', lists: ['rfci_pm'], tables: [], row: 'class_rfci_pm' },
  { user: 'only-rfci_abuse', lists: ['rfci_pm'], tables: [], row: 'class_rfci_abuse' },
  {
    user: 'only-rfciwhois',
    lists: ['rfciwhois'],
    tables: [],
    row: 'class_rfciwhoisdunno, class_multi_rfciwhois',
  },
];

/** Each of them is on one list alone. */
export const listed: readonly Listed[] = [...listedClients(), ...codedClients(), ...listedSenders()];

/** It has two entries in one list. */
export const twice = newClient(RBL_PLUS.zone, '127.1.0.2', '127.1.0.4');

/** THE table of shell commands. A command's code is loaded only when it is called. */
import type { Command } from './command.ts';

interface Row {
  readonly name: string;
  readonly sentence: string;
  load(): Promise<Command>;
}

export const commands: readonly Row[] = [
  {
    name: 'serve',
    sentence: 'runs the gateway in the foreground',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'health',
    sentence: 'does the gateway greet its clients?',
    load: async () => (await import('./commands/health.ts')).health,
  },
  {
    name: 'demo',
    sentence: 'shows the whole gateway at work, with nothing set up',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'check',
    sentence: 'prints all that is wrong with a configuration',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'config',
    sentence: 'prints parameters, as postconf does',
    load: async () => (await import('./commands/config.ts')).config,
  },
  {
    name: 'query',
    sentence: 'looks a key up in a table, as postmap -q does',
    load: async () => (await import('./commands/query.ts')).query,
  },
  {
    name: 'list',
    sentence: 'lists restrictions, parameters, tables, actions',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'lists',
    sentence: 'tests the DNS lists, and tells what they are worth',
    load: async () => (await import('./commands/lists.ts')).lists,
  },
  {
    name: 'history',
    sentence: 'searches the ledger of every attempt',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    name: 'explain',
    sentence: 'tells the story of an attempt, or of a mail that might come',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'report',
    sentence: 'what did not come through for a user, and why',
    load: async () => (await import('./commands/report.ts')).report,
  },
  {
    name: 'exceptions',
    sentence: 'lets senders through for single users',
    load: async () => (await import('./commands/exceptions.ts')).exceptions,
  },
  {
    name: 'rehearse',
    sentence: 'judges recorded attempts again under another configuration',
    load: async () => (await import('./commands/rehearse.ts')).rehearse,
  },
  {
    name: 'passwd',
    sentence: 'adds, changes and deletes users of the password file',
    load: async () => (await import('./commands/passwd.ts')).passwd,
  },
  {
    name: 'dkim',
    sentence: 'makes a key that signs mail, and prints its DNS record',
    load: async () => (await import('./commands/dkim.ts')).dkim,
  },
  {
    name: 'table',
    sentence: 'makes a table of a plain list of networks or telephone numbers',
    load: async () => (await import('./commands/table.ts')).table,
  },
  {
    name: 'import',
    sentence: 'turns the configuration of gld, clamsmtpd and dkfilter into lines of master.cf',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'quarantine',
    sentence: 'lists, shows, releases and deletes held mail',
    load: async () => (await import('./commands/quarantine.ts')).quarantine,
  },
  {
    name: 'greylist',
    sentence: 'shows and changes what greylisting remembers',
    load: async () => (await import('./commands/greylist.ts')).greylist,
  },
  {
    name: 'verify',
    sentence: 'shows and forgets what is known of verified addresses',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'correspondents',
    sentence: 'shows and changes whom our users write to',
    load: async () => (await import('./commands/correspondents.ts')).correspondents,
  },
  {
    name: 'memory',
    sentence: 'counts, exports and imports what the gateway remembers',
    load: async () => (await import('./commands/memory.ts')).memory,
  },
];

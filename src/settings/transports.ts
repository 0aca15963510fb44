/** Lines of master.cf that carry mail to a next hop by SMTP or LMTP. `Postfix: smtp(8)`. */
import { builtIn } from '../mail/source.ts';
import { about, type Program, refuseArguments, type SettingsFor, type Transport } from './services.ts';

/** A client of that protocol. */
export function transport(program: Transport['program']): Program {
  return (work) => {
    const { entry, settings, complain, found } = work;
    if (entry.type !== 'unix') {
      const remedy = entry.type === 'inet' ? 'write unix, or smtpd when it is to listen' : 'write unix';
      complain(
        about(entry, 'error', `${entry.program} is a client, which cannot be of type ${entry.type}`, remedy),
      );
      return;
    }
    refuseArguments(work);
    const { name, maxConnections, source } = entry;
    found.transports.set(name, { name, program, maxConnections, settings, source });
  };
}

/** Mail can go by SMTP and LMTP though master.cf does not say so. */
export function addStandardTransports(transports: Map<string, Transport>, settingsFor: SettingsFor): void {
  for (const [name, program] of [
    ['smtp', 'smtp'],
    ['relay', 'smtp'],
    ['lmtp', 'lmtp'],
  ] as const) {
    if (transports.has(name)) continue;
    const settings = settingsFor(program, name, new Map());
    transports.set(name, { name, program, maxConnections: 0, settings, source: builtIn });
  }
}

/**
 * What reports to users need, from settings. Parameters: report_sender, report_recipients, report_exclude,
 * report_exception_url. They go out as the mail of the first SMTP service does.
 */
import { Courier } from '../courier.ts';
import { address, nullSender } from '../mail/address.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Settings } from '../settings/settings.ts';
import { WayOutDesk } from './way-out-desk.ts';

export interface ReportDesk {
  readonly courier: Courier;
  readonly exclude: ReadonlySet<string>;
  /** report_exception_url, with the values of parameters; $sender, $recipient and $id are still to be filled in. */
  readonly linkTemplate: string;
  /** Whether an address belongs to us. */
  isOurs(recipient: string): Promise<boolean>;
  /** Whether its user wants reports. */
  wantsReports(recipient: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Undefined: there is no SMTP service to send by. */
export async function assembleReportDesk(
  configuration: Configuration,
  quarantine: Quarantine,
  log: Log,
): Promise<ReportDesk | undefined> {
  const service = configuration.services.find(({ program }) => program === 'smtpd');
  const desk = new WayOutDesk(configuration, quarantine, log);
  const way = service && (await desk.open(service.name));
  if (!service || !way) return undefined;
  const { settings } = configuration;
  const { carrier, addresses } = way;
  const wishes = addresses.search('report_recipients');
  return {
    courier: new Courier({
      carrier,
      mapper: undefined,
      journal: new Journal(log, undefined),
      service: service.name,
    }),
    exclude: new Set(settings.report_exclude),
    linkTemplate: withParameters(settings.report_exception_url, settings),
    async isOurs(recipient) {
      const found = await addresses.resolver.resolve(address(recipient), nullSender);
      return found.class !== 'default';
    },
    async wantsReports(recipient) {
      if (!wishes) return true;
      const found = await wishes(address(recipient));
      return found === undefined || !/^(?:no|off|never)\b/i.test(found.value);
    },
    close: () => desk.close(),
  };
}

/** Filled in later, for each mail. */
const LATER: ReadonlySet<string> = new Set(['sender', 'recipient', 'id']);

function withParameters(template: string, settings: Settings): string {
  return template.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    return LATER.has(name) ? whole : (settings.text(name) ?? '');
  });
}

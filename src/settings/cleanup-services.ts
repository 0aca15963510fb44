/**
 * What the `-o` of a cleanup line say about the mail of an smtpd line: Postfix checks and rewrites mail in cleanup(8), so
 * that master.cf has other header checks for submission in a cleanup service of its own. Parameter: cleanup_service_name.
 * What the smtpd line says itself counts first; in Postfix it would be lost. `Postfix: cleanup_init.c`.
 */
import type { Assignment } from './main-cf.ts';
import type { MasterEntry } from './master-cf.ts';
import { about, type Work } from './services.ts';
import type { Settings } from './settings.ts';

/** What cleanup reads; of aliases smtpd knows by itself, to tell who is there. */
const cleanupParameters: ReadonlySet<string> = new Set(
  `always_add_missing_headers always_bcc body_checks body_checks_size_limit canonical_classes canonical_maps
  cleanup_replace_stray_cr_lf enable_original_recipient force_mime_input_conversion header_address_token_limit
  header_checks header_size_limit hopcount_limit masquerade_classes masquerade_domains masquerade_exceptions
  mime_boundary_length_limit mime_header_checks mime_nesting_limit nested_header_checks
  propagate_unmatched_extensions recipient_bcc_maps recipient_canonical_classes recipient_canonical_maps
  sender_bcc_maps sender_canonical_classes sender_canonical_maps undisclosed_recipients_header
  virtual_alias_address_length_limit virtual_alias_expansion_limit virtual_alias_maps virtual_alias_recursion_limit`.split(
    /\s+/,
  ),
);

/** What a line of cleanup changes; empty for other lines. */
function changesOf({ program, overrides }: MasterEntry): [string, Assignment][] {
  if (program !== 'cleanup') return [];
  return [...overrides].filter(([name]) => cleanupParameters.has(name));
}

export const changesMail = (entry: MasterEntry) => changesOf(entry).length > 0;

/** The settings of an smtpd line for its mail: with what its cleanup service changes. */
export function cleanupSettings(
  { entries, settingsFor, complain }: Work,
  entry: MasterEntry,
  settings: Settings,
): Settings {
  const wanted = settings.cleanup_service_name;
  const service = entries.get(`${wanted}/unix`);
  if (service?.program === 'cleanup') {
    const changes = changesOf(service);
    return changes.length === 0
      ? settings
      : settingsFor(entry.program, entry.name, new Map([...changes, ...entry.overrides]));
  }
  if (settings.isSet('cleanup_service_name')) {
    const problem = `service ${entry.name}: there is no cleanup service "${wanted}" in master.cf`;
    complain(about(entry, 'warning', problem, `write a line: ${wanted} unix n - - - 0 cleanup -o ...`));
  }
  return settings;
}

/** Who looks at the attachments of a service's mails, from settings. Parameters: attachment_checks, attachment_*_limit. */
import { AttachmentChecks } from '../content/attachment-checks.ts';
import type { Openers } from './openers.ts';

/** Of attachments, or of members of one archive, that wait to be opened. */
const SPOOL_MEMORY_BYTES = 1_048_576;

/** Undefined: nobody asked for it. `spoolDirectory`: for attachments that do not fit into memory. */
export function assembleAttachmentChecks(
  openers: Openers,
  spoolDirectory: string,
): AttachmentChecks | undefined {
  const table = openers.maps('attachment_checks');
  if (!table) return undefined;
  const { settings } = openers;
  return new AttachmentChecks({
    table,
    limits: {
      depth: settings.attachment_depth_limit,
      members: settings.attachment_member_limit,
      unpackedBytes: settings.attachment_unpacked_limit,
      ratio: settings.attachment_ratio_limit,
      timeMs: settings.attachment_time_limit,
    },
    decoderMemoryBytes: settings.attachment_memory_limit,
    spool: { directory: spoolDirectory, memoryLimitBytes: SPOOL_MEMORY_BYTES },
  });
}

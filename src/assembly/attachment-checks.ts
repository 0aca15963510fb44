/** Who looks at the attachments of a service's mails, from settings. Parameters: attachment_checks. */
import { AttachmentChecks } from '../content/attachment-checks.ts';
import type { Openers } from './openers.ts';

/** What one message may cost. */
const LIMITS = { depth: 8, members: 10_000, unpackedBytes: 268_435_456, ratio: 250, timeMs: 30_000 };
/** For the dictionary and the tables of one rare archive. */
const DECODER_MEMORY_BYTES = 134_217_728;
/** Of attachments, or of members of one archive, that wait to be opened. */
const SPOOL_MEMORY_BYTES = 1_048_576;

/** Undefined: nobody asked for it. `spoolDirectory`: for attachments that do not fit into memory. */
export function assembleAttachmentChecks(
  openers: Openers,
  spoolDirectory: string,
): AttachmentChecks | undefined {
  const table = openers.maps('attachment_checks');
  if (!table) return undefined;
  return new AttachmentChecks({
    table,
    limits: LIMITS,
    decoderMemoryBytes: DECODER_MEMORY_BYTES,
    spool: { directory: spoolDirectory, memoryLimitBytes: SPOOL_MEMORY_BYTES },
  });
}

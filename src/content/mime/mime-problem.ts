/**
 * What can be wrong with the structure of a message, and what its sender is told. `Postfix: mime_state_error`; the
 * number of parts is not limited there.
 */

/** The gravest first: only one is told. All have status 5.6.0. */
export const mimeProblems = {
  nesting: 'MIME nesting exceeds safety limit',
  'many parts': 'MIME part count exceeds safety limit',
  'long header': 'message header length exceeds safety limit',
  '8-bit header': 'improper use of 8-bit data in message header',
  '8-bit body': 'improper use of 8-bit data in message body',
  'encoding domain': 'invalid message/* or multipart/* encoding domain',
} as const;

export type MimeProblem = keyof typeof mimeProblems;

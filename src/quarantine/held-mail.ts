/** The story of a mail that is held: who sent it to whom, why it is held, and everything that a release needs. */
import type { Envelope } from '../mail/envelope.ts';
import type { MessageFacts } from '../mail/message.ts';
import type { Session } from '../mail/session.ts';

export interface HeldMail {
  /** Its name in the quarantine: the message's id, with a number where one message is held several times. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly heldAt: string;
  readonly why: string;
  readonly session: Session;
  /** Recipients that have got the mail meanwhile are not among its recipients any more. */
  readonly envelope: Envelope;
  readonly sizeBytes: number;
  readonly messageId: string | undefined;
  readonly facts: MessageFacts;
}

/** Of the file's form; a later form gets a higher number. */
const VERSION = 1;

/** Ids are made of letters and digits: nothing that leads to another directory. */
const ID = /^[0-9A-Za-z]{1,64}(?:-[0-9]{1,4})?$/;

export function isHeldId(text: string): boolean {
  return ID.test(text);
}

export function formatStory(held: HeldMail): string {
  return `${JSON.stringify({ version: VERSION, ...held }, undefined, 2)}\n`;
}

/** Throws with what is wrong. */
export function parseStory(text: string): HeldMail {
  const { version, ...held } = JSON.parse(text) as HeldMail & { version: unknown };
  if (version !== VERSION)
    throw new Error(`version ${String(version)} of held mail; it should be ${VERSION}`);
  const { id, heldAt, session, envelope } = held;
  if (!isHeldId(id) || Number.isNaN(Date.parse(heldAt))) throw new Error('no id or no date');
  if (!session?.client || !envelope?.sender || !Array.isArray(envelope.recipients)) {
    throw new Error('no session or no envelope');
  }
  return held;
}

/**
 * The pregreet test: half a greeting, and a moment's silence. Who knows the protocol waits for the other half; many bots
 * do not. Parameters: postscreen_greet_wait, postscreen_greet_banner. `Postfix: postscreen_early.c`. RFC 5321 4.3.1.
 */
import type { Conversation } from './conversation.ts';

export type Greeted =
  | { readonly kind: 'waited' }
  /** `bytes` of input came before the greeting; `text`: the beginning of them, made visible. */
  | { readonly kind: 'talked'; readonly bytes: number; readonly text: string }
  | { readonly kind: 'left' };

/** How much of what a client said too soon is shown. */
const SHOWN = 100;

/** Waits and listens, but not longer than this, and not when `spared` says that it is not worth it. */
export async function greetTest(
  talk: Conversation,
  banner: string,
  patienceMs: number,
  spared: Promise<void> | undefined,
): Promise<Greeted> {
  talk.wire.say(`220-${banner}\r\n`);
  talk.wire.flush();
  await firstWithin(patienceMs, [talk.stirred(), ...(spared ? [spared] : [])]);
  if (talk.hasInput) {
    return { kind: 'talked', bytes: talk.wire.inputBytes, text: talk.peekInput(SHOWN).slice(0, SHOWN) };
  }
  return { kind: talk.isLeaving ? 'left' : 'waited' };
}

/** Waits for the first of these, but not longer than this. */
async function firstWithin(atMostMs: number, events: readonly Promise<void>[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, atMostMs);
  await Promise.race([...events, promise]);
  clearTimeout(timer);
}

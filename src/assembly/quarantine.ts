/** The quarantine, from settings. Parameters: data_directory, quarantine_retention, quarantine_size_limit. */
import { join } from 'node:path';
import { queuedReply } from '../mail/envelope.ts';
import { Refused } from '../mail/refused.ts';
import { Quarantine } from '../quarantine/quarantine.ts';
import type { Log } from '../record/log.ts';
import type { DispatcherOptions } from '../relay/dispatcher.ts';
import type { Settings } from '../settings/settings.ts';

const SWEEP_EVERY_MS = 3_600_000;

export function assembleQuarantine(settings: Settings, log: Log): Quarantine {
  return new Quarantine({
    directory: join(settings.data_directory, 'quarantine'),
    retentionMs: settings.quarantine_retention,
    sizeLimitBytes: settings.quarantine_size_limit,
    log,
  });
}

/** What the client hears when its mail is held: the same as from Postfix, whose queue holds it. */
export function hold(quarantine: Quarantine): DispatcherOptions['quarantine'] {
  return async (session, envelope, message, why) => {
    try {
      await quarantine.keep({ session, envelope, message, why });
      return queuedReply(envelope);
    } catch (error) {
      if (error instanceof Refused) return error.reply;
      throw error;
    }
  };
}

/** Has the quarantine swept now and then; returns how to stop that. */
export function keepSwept(quarantine: Quarantine, log: Log): () => void {
  const timer = setInterval(() => {
    quarantine
      .sweep()
      .catch((error: Error) => log.warn(`quarantine: ${error.message}`, { daemon: 'quarantine' }));
  }, SWEEP_EVERY_MS).unref();
  return () => clearInterval(timer);
}

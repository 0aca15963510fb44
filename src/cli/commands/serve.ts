/** `serve`: the gateway in the foreground. SIGTERM drains and exits 0; SIGHUP reloads without dropping a session. */
import { parseArgs } from 'node:util';
import { Supervisor } from '../../process/supervisor.ts';
import { openLog } from '../../record/pino-log.ts';
import { complaintLine } from '../../settings/complaint.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import type { Command } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

export const serve: Command = {
  name: 'serve',
  usage: '[-c DIR]',
  sentence: 'Runs the gateway in the foreground',
  details: `
SIGTERM (or Ctrl-C): takes no new clients, finishes what has begun, ends with exit status 0.
SIGHUP: reads the configuration again; sessions go on. A configuration with errors is not taken into use.`.trim(),

  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    const configuration = readConfiguration(configurationDirectory(values.config));
    const errors = configuration.complaints.filter(({ severity }) => severity === 'error');
    for (const complaint of errors) console.error(complaintLine(complaint));
    if (errors.length > 0) return 1;
    const { settings } = configuration;
    const log = openLog({
      file: settings.maillog_file,
      format: settings.maillog_format,
      name: settings.syslog_name,
    });
    const supervisor = new Supervisor(configuration, log);
    const ended = untilStopped(supervisor);
    const services = configuration.services.map(({ name }) => name).join(', ');
    try {
      if (await supervisor.start()) log.info(`serving ${services}`, { daemon: 'master' });
    } catch (error) {
      console.error((error as Error).message);
      log.flush();
      process.exit(1);
    }
    await ended;
    log.flush();
    process.exit(0);
  },
};

function untilStopped(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = () => {
      if (stopping) return;
      stopping = true;
      void supervisor.stop().then(resolve);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => void supervisor.reload());
  });
}

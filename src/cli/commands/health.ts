/** `health`: does the gateway greet its clients? For container health checks and monitoring. */
import { connect } from 'node:net';
import { readConfiguration } from '../../settings/configuration.ts';
import type { Endpoint } from '../../settings/endpoints.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

const ANSWER_MS = 8_000;

export const health: Command = {
  name: 'health',
  usage: '[-c DIR] [SERVICE]',
  sentence: 'Connects to a service (the first one of master.cf) and waits for its greeting',
  details: 'Exit status 0 when it greets with 220, 1 when it does not.',

  async run(args) {
    const { values, positionals } = readArguments(args, {});
    const [wanted] = positionals;
    const { services } = readConfiguration(configurationDirectory(values.config));
    const plain = services.filter(
      ({ program, settings }) => program === 'smtpd' && !settings.smtpd_tls_wrappermode,
    );
    const service = wanted === undefined ? plain[0] : services.find(({ name }) => name === wanted);
    const endpoint = service?.listen[0];
    if (!service || !endpoint) throw new UsageError(`no smtpd service ${wanted ?? ''} in master.cf`);
    const greeting = await greetingOf(endpoint);
    console.log(
      values.json ? JSON.stringify({ service: service.name, greeting }) : `${service.name}: ${greeting}`,
    );
    return greeting.startsWith('220') ? 0 : 1;
  },
};

/** Its first line, or why there is none. */
function greetingOf(endpoint: Endpoint): Promise<string> {
  const place =
    endpoint.kind === 'unix'
      ? { path: endpoint.path }
      : { host: UNSPECIFIED.has(endpoint.host) ? 'localhost' : endpoint.host, port: endpoint.port };
  return new Promise((resolve) => {
    const socket = connect(place);
    const finish = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(ANSWER_MS, () => finish('no greeting'));
    socket.once('error', (error) => finish(error.message));
    socket.once('data', (chunk) => {
      socket.end('QUIT\r\n');
      finish(chunk.toString('latin1').split('\r\n')[0] ?? '');
    });
    socket.once('close', () => finish('closed without a word'));
  });
}

const UNSPECIFIED: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** Real Postfix as the oracle: `postmap -q` over the same table, where it is installed. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const version = spawnSync('postconf', ['-dh', 'mail_version'], { encoding: 'utf8' });

/** Why there is nothing to compare with; false when there is. */
export const noPostfix: string | false =
  version.status === 0 ? false : 'Postfix is not installed, so there is nothing to compare with';

/** The table types that the installed Postfix knows. */
export function postfixTypes(): string[] {
  return spawnSync('postconf', ['-m'], { encoding: 'utf8' }).stdout.split(/\s+/);
}

/** Runs postmap with a configuration of its own. */
export class Postmap {
  readonly #directory = mkdtempSync(join(tmpdir(), 'postmap-'));

  constructor(smtputf8 = true) {
    const settings = ['compatibility_level = 3.6', `smtputf8_enable = ${smtputf8 ? 'yes' : 'no'}`];
    const main = join(this.#directory, 'main.cf');
    writeFileSync(main, `${settings.join('\n')}\n`);
    utimesSync(main, 0, 0); // Postfix waits for files that have just been written
    writeFileSync(join(this.#directory, 'master.cf'), '');
  }

  /** The answers to the keys that are found; an Error when postmap fails. Keys have no newlines. */
  query(spec: string, keys: readonly (string | Buffer)[]): Map<string, string> {
    const input = Buffer.concat(keys.flatMap((key) => [Buffer.from(key), Buffer.from('\n')]));
    const run = spawnSync('postmap', ['-c', this.#directory, '-q', '-', spec], {
      input,
      maxBuffer: 2 ** 28,
    });
    if (/fatal|panic/.test(run.stderr.toString())) throw new Error(run.stderr.toString());
    return readAnswers(run.stdout, keys);
  }

  /** The same, while this process goes on. */
  queryLater(spec: string, keys: readonly string[]): Promise<Map<string, string>> {
    const run = spawn('postmap', ['-c', this.#directory, '-q', '-', spec]);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    run.stdout.on('data', (bytes) => output.push(bytes));
    run.stderr.on('data', (bytes) => errors.push(bytes));
    run.stdin.end(keys.map((key) => `${key}\n`).join(''));
    return new Promise((resolve, reject) => {
      run.on('close', () => {
        const complaint = Buffer.concat(errors).toString();
        if (/fatal|panic/.test(complaint)) reject(new Error(complaint));
        else resolve(readAnswers(Buffer.concat(output), keys));
      });
    });
  }

  /** Whether the table cannot be asked at all. */
  fails(spec: string): Promise<boolean> {
    return new Promise((resolve) => {
      execFile('postmap', ['-c', this.#directory, '-q', 'key', spec], (_error, _out, errors) => {
        resolve(/fatal|panic/.test(errors));
      });
    });
  }

  /** Makes the database of a text file, as operators do. */
  create(spec: string, program: 'postmap' | 'postalias' = 'postmap'): void {
    spawnSync(program, ['-c', this.#directory, spec]);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** Answers come in the order of the keys, `key<TAB>value`; both can have tabs in them. */
function readAnswers(output: Buffer, keys: readonly (string | Buffer)[]): Map<string, string> {
  const answers = new Map<string, string>();
  const lines = output.toString('latin1').split('\n');
  let at = 0;
  for (const key of keys) {
    const prefix = `${Buffer.from(key).toString('latin1')}\t`;
    const line = lines[at];
    if (line === undefined || !line.startsWith(prefix)) continue;
    answers.set(key.toString(), Buffer.from(line.slice(prefix.length), 'latin1').toString());
    at += 1;
  }
  if (at !== lines.length - 1) throw new Error(`cannot read the answer "${lines[at]}"`);
  return answers;
}

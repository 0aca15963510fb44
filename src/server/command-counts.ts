/** How many commands of each kind were tried and went well, for the line at the end. `Postfix: smtpd_format_cmd_stats`. */
export class CommandCounts {
  readonly #tried = new Map<string, number>();
  readonly #succeeded = new Map<string, number>();

  /** A command came; undefined: one that nobody knows. */
  tried(verb: string | undefined): void {
    const name = verb ?? 'unknown';
    this.#tried.set(name, (this.#tried.get(name) ?? 0) + 1);
  }

  succeeded(verb: string): void {
    this.#succeeded.set(verb, (this.#succeeded.get(verb) ?? 0) + 1);
  }

  /** ` ehlo=1 mail=1 rcpt=0/1 commands=2/3` */
  text(): string {
    let text = '';
    let good = 0;
    let all = 0;
    for (const [name, tried] of this.#tried) {
      const succeeded = this.#succeeded.get(name) ?? 0;
      text += ` ${name.toLowerCase()}=${ratio(succeeded, tried)}`;
      good += succeeded;
      all += tried;
    }
    return `${text} commands=${all === 0 ? '0/0' : ratio(good, all)}`;
  }
}

function ratio(good: number, all: number): string {
  return good === all ? String(all) : `${good}/${all}`;
}

/** The tokens of a From field split into mailboxes; a group is replaced by what it holds. RFC 5322 3.4, RFC 6854. */
import { type FromToken, isAt, isSpecial, MalformedFrom } from './from-tokens.ts';

/** The tokens of each mailbox, brackets included. Empty places of the list are left out. */
export function fromMailboxes(tokens: readonly FromToken[]): FromToken[][] {
  const list = new MailboxList();
  for (const token of tokens) list.take(token);
  return list.finish();
}

class MailboxList {
  readonly #mailboxes: FromToken[][] = [];
  #current: FromToken[] = [];
  #inBrackets = false;
  #group: 'none' | 'open' | 'ended' = 'none';

  take(token: FromToken): void {
    if (isSpecial(token, '<')) this.#inBrackets = true;
    if (isSpecial(token, '>')) this.#inBrackets = false;
    if (!this.#inBrackets && isSpecial(token, ',')) this.#endMailbox();
    else if (!this.#inBrackets && isSpecial(token, ':')) this.#beginGroup();
    else if (isSpecial(token, ';')) this.#endGroup();
    else if (this.#group === 'ended') throw new MalformedFrom('text behind a group in From');
    else this.#current.push(token);
  }

  finish(): FromToken[][] {
    if (this.#group === 'open') throw new MalformedFrom('group without end in From');
    this.#endMailbox();
    return this.#mailboxes.filter((mailbox) => mailbox.length > 0);
  }

  #endMailbox(): void {
    this.#mailboxes.push(this.#current);
    this.#current = [];
    if (this.#group === 'ended') this.#group = 'none';
  }

  /** What stood before the colon was the name of the group. */
  #beginGroup(): void {
    if (this.#group !== 'none' || this.#current.some(isAt)) throw new MalformedFrom('stray colon in From');
    this.#group = 'open';
    this.#current = [];
  }

  #endGroup(): void {
    if (this.#group !== 'open' || this.#inBrackets) throw new MalformedFrom('stray semicolon in From');
    this.#endMailbox();
    this.#group = 'ended';
  }
}

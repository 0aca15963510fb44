/** The subjects of replies: whose name stands between `<` and `>`, and which class of thing it is. */
import type { Address } from '../mail/address.ts';
import { nameAddress } from '../mail/client.ts';
import type { Session } from '../mail/session.ts';
import type { ListName } from './compile.ts';
import { type Question, type Subject, subjectClass } from './question.ts';

export const clientSubject = ({ client }: Session): Subject => ({
  name: nameAddress(client),
  class: subjectClass.client,
});

export const reverseClientSubject = ({ client }: Session): Subject => ({
  name: client.reverseName,
  class: subjectClass.reverseClient,
});

export const heloSubject = (name: string): Subject => ({ name, class: subjectClass.helo });

export const senderSubject = (sender: Address): Subject => ({
  name: sender.text,
  class: subjectClass.sender,
});

export const recipientSubject = (recipient: Address): Subject => ({
  name: recipient.text,
  class: subjectClass.recipient,
});

export const etrnSubject = (domain: string): Subject => ({ name: domain, class: subjectClass.etrn });
export const dataSubject: Subject = { name: 'DATA', class: subjectClass.data };
export const endOfDataSubject: Subject = { name: 'END-OF-MESSAGE', class: subjectClass.endOfData };

/** Whom a list speaks of by itself. */
export function subjectOf(list: ListName, q: Question): Subject {
  switch (list) {
    case 'client':
      return clientSubject(q.session);
    case 'helo':
      return heloSubject(q.helo ?? '');
    case 'sender':
      return q.sender ? senderSubject(q.sender) : clientSubject(q.session);
    case 'relay':
    case 'recipient':
      return q.recipient ? recipientSubject(q.recipient) : clientSubject(q.session);
    case 'etrn':
      return etrnSubject(q.etrnDomain ?? '');
    case 'data':
      return dataSubject;
    case 'end_of_data':
      return endOfDataSubject;
  }
}

/** Logging in, as the server sees it: mechanisms, and an exchange of challenges and responses. RFC 4422, RFC 4954. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';

export interface SaslServer {
  /** What may be offered to this client, in order; empty: nothing. Rejects when the service behind does not answer. */
  mechanisms(session: Session): MaybePromise<readonly string[]>;
  /** A login attempt; `initial` is the initial response, decoded by nobody yet. */
  begin(mechanism: string, session: Session, initial: string | undefined): Promise<SaslStep>;
}

export type SaslStep =
  /** Send the challenge (base64), ask again with the answer. */
  | { readonly kind: 'challenge'; readonly challenge: string; next(response: string): Promise<SaslStep> }
  | { readonly kind: 'success'; readonly username: string }
  /** `reason` as shown to the client; empty: none is told. */
  | {
      readonly kind: 'failure';
      readonly temporary: boolean;
      readonly reason: string;
      readonly username?: string;
    };

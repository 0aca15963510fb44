/** Logging in, as the server sees it: mechanisms, and an exchange of challenges and responses. RFC 4422, RFC 4954. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';

export interface SaslServer {
  /**
   * What may be offered to this client, in order; empty: nothing, also when the service behind has never answered.
   * A mechanism that needs what the session lacks (TLS, say) is not in it.
   */
  mechanisms(session: Session): MaybePromise<readonly string[]>;
  /**
   * A login attempt; `initial` is the initial response, decoded by nobody yet. `binding` ties it to the TLS connection.
   */
  begin(
    mechanism: string,
    session: Session,
    initial: string | undefined,
    binding?: ChannelBinding,
  ): Promise<SaslStep>;
}

/** Bytes that both ends of a TLS connection know and nobody between them; undefined: there are none. RFC 9266. */
export type ChannelBinding = () => Buffer | undefined;

export type SaslStep =
  /** Send the challenge (base64), ask again with the answer. */
  | { readonly kind: 'challenge'; readonly challenge: string; next(response: string): Promise<SaslStep> }
  | { readonly kind: 'success'; readonly username: string }
  /** `reason` as shown to the client; empty: none is told. */
  | SaslFailure;

export interface SaslFailure {
  readonly kind: 'failure';
  readonly temporary: boolean;
  readonly reason: string;
  readonly username?: string;
}

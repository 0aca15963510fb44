/** Who is at the other end: what is known of the host that connected (or that XCLIENT or PROXY speaks for). */

/** What a name look-up said. `Postfix: reject_unknown_client_hostname`. */
export type NameStatus =
  /** the name is known (and, for the client name, leads back to the address) */
  | 'ok'
  /** there is none */
  | 'absent'
  /** cannot be known now */
  | 'unknown'
  /** there is a name, but it does not lead back to the address */
  | 'forged';

export interface Client {
  /** Without brackets or `IPv6:`; `unknown` when XCLIENT took it away. IPv4-mapped IPv6 is shown as IPv4. */
  readonly address: string;
  readonly port: string;
  /** The forward-confirmed name, or `unknown`. */
  readonly name: string;
  readonly nameStatus: NameStatus;
  /** The name that the address points to, confirmed or not, or `unknown`. */
  readonly reverseName: string;
  readonly reverseNameStatus: NameStatus;
  /** `name[address]` of before a mistake in XCLIENT: replies and log lines still say it. `Postfix: namaddr` */
  readonly shownAs?: string | undefined;
}

/** `name[address]`, as it stands in replies and log lines. */
export function nameAddress({
  name,
  address,
  shownAs,
}: Pick<Client, 'name' | 'address' | 'shownAs'>): string {
  return shownAs ?? `${name}[${address}]`;
}

/** The address as RFC 5321 4.1.3 writes it: `IPv6:` in front of an IPv6 address. */
export function rfcAddress(address: string): string {
  return address.includes(':') ? `IPv6:${address}` : address;
}

/** A client of whose name nothing is known yet. */
export function unnamedClient(address: string, port: string): Client {
  return {
    address,
    port,
    name: 'unknown',
    nameStatus: 'absent',
    reverseName: 'unknown',
    reverseNameStatus: 'absent',
  };
}

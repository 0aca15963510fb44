/** Where a clamd listens: `inet:HOST:PORT`, `inet:[::1]:3310`, `unix:/path`, or as clamsmtp wrote it. `clamav_socket`. */
import { isIP } from 'node:net';

export type ClamdAddress =
  | { readonly kind: 'unix'; readonly text: string; readonly path: string }
  | { readonly kind: 'inet'; readonly text: string; readonly host: string; readonly port: number };

const EXPECTED = 'inet:127.0.0.1:3310 or unix:/run/clamav/clamd.ctl';

/** Throws with what is wrong and what it should look like. */
export function parseClamdAddress(text: string): ClamdAddress {
  const [, path] = /^(?:unix:|local:)?(\/.+)$/.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', text, path };
  const [, bracketed, plain, port = ''] =
    /^(?:inet:|tcp:)?(?!(?:inet|tcp|unix|local):)(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  if (host === '') throw new Error(`"${text}" is no address of a clamd; it should be ${EXPECTED}`);
  if (Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`"${text}": port ${port} should be between 1 and 65535`);
  }
  if (bracketed !== undefined && isIP(bracketed) !== 6) {
    throw new Error(`"${text}": brackets should hold an IPv6 address, as in inet:[::1]:3310`);
  }
  return { kind: 'inet', text, host, port: Number(port) };
}

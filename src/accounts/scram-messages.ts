/** The messages of SCRAM, read strictly. RFC 5802 5, 7. */

export interface ClientFirst {
  /** `n,,` and the like: the client sends it again, protected. */
  readonly gs2Header: string;
  readonly binding: Binding;
  /** Who the client wants to act as; empty: as itself. */
  readonly identity: string;
  readonly name: string;
  readonly nonce: string;
  readonly bare: string;
}

export type Binding =
  /** The client cannot. */
  | { readonly kind: 'none' }
  /** It can, and believes that the server cannot. */
  | { readonly kind: 'unheard' }
  | { readonly kind: 'bound'; readonly type: string };

export interface ClientFinal {
  readonly channel: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

const MAX_NONCE = 256;

/** gs2-header: `n`, `y` or `p=type`, a comma, perhaps `a=name`, a comma; then name, nonce, extensions. */
const FIRST =
  /^((?:(n)|(y)|p=([A-Za-z0-9.-]+)),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]+)*)$/;

/** Undefined when it is not well-formed, or wants an extension that nobody knows (`m=`). */
export function readClientFirst(text: string): ClientFirst | undefined {
  const [, gs2Header, none, unheard, type = '', identity, bare, name, nonce] = FIRST.exec(text) ?? [];
  if (!gs2Header || !bare || !name || !nonce || nonce.length > MAX_NONCE) return undefined;
  const [nameText, identityText] = [decodeName(name), decodeName(identity ?? '')];
  if (nameText === undefined || identityText === undefined) return undefined;
  const binding: Binding = none ? { kind: 'none' } : unheard ? { kind: 'unheard' } : { kind: 'bound', type };
  return { gs2Header, binding, identity: identityText, name: nameText, nonce, bare };
}

const FINAL =
  /^(c=([A-Za-z0-9+/]+={0,2}),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z0-9+/]+={0,2})$/;

export function readClientFinal(text: string): ClientFinal | undefined {
  const [, withoutProof, channel, nonce, proof] = FINAL.exec(text) ?? [];
  if (!withoutProof || !channel || !nonce || !proof) return undefined;
  return {
    channel: Buffer.from(channel, 'base64'),
    nonce,
    proof: Buffer.from(proof, 'base64'),
    withoutProof,
  };
}

/** `=2C` is a comma, `=3D` an equals sign; no other `=` may stand there. */
export function decodeName(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text)) return undefined;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

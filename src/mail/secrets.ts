/** What must not be shown. */

/** Passwords in `//user:password@host` do not belong into messages. */
export function withoutPassword(text: string): string {
  return text.replace(/(\/\/[^/@\s:]*):[^/@\s]*@/g, '$1:***@');
}

/** Programs of threads are named by the modules that start them, and found beside them: in a checkout and when built. */

/** The program of this name: `.ts` in the directory of the module, `.js` where `npm run build` puts everything. */
export function threadProgram(module: string, name: string): URL {
  const own = new URL(module);
  return new URL(own.pathname.replace(/[^/]+(\.[jt]s)$/, `${name}$1`), own);
}

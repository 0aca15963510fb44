/** A search with the backtracker was given up, because it would pass a bound of memory. The message says which. */
export class BacktrackLimit extends Error {}

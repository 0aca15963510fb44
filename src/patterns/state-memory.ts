/**
 * The room that the states of all automata share. States are a cache: when the room is full, all are forgotten and
 * built again as texts need them. So thousands of patterns and hostile texts never take more than ROOM_BYTES.
 */

/** For all patterns of the process together. */
export const ROOM_BYTES = 64 * 1024 * 1024;
/** For a single automaton, so that one explosive pattern does not push out the others. */
export const ROOM_BYTES_EACH = 16 * 1024 * 1024;

/** An owner of states. */
export interface StateOwner {
  readonly usedBytes: number;
  /** Forgets all states. Called only while the owner builds none. */
  forget(): void;
}

export class StateMemory {
  readonly #limitBytes: number;
  readonly #owners = new Set<WeakRef<StateOwner>>();
  #usedBytes = 0;
  #sweepAt = 1024;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Makes an owner known. One that nobody uses any more goes without a word. */
  register(owner: StateOwner): void {
    this.#owners.add(new WeakRef(owner));
    if (this.#owners.size < this.#sweepAt) return;
    for (const reference of this.#owners) if (reference.deref() === undefined) this.#owners.delete(reference);
    this.#sweepAt = 2 * this.#owners.size + 1024;
  }

  /** Takes room for `owner` (gives it back when `bytes` is negative); when none is left, all others forget. */
  take(owner: StateOwner, bytes: number): void {
    this.#usedBytes += bytes;
    if (this.#usedBytes <= this.#limitBytes) return;
    for (const reference of this.#owners) {
      const other = reference.deref();
      if (other !== owner) other?.forget();
    }
    // What gone owners held is free too.
    this.#usedBytes = owner.usedBytes;
  }
}

export const stateMemory = new StateMemory(ROOM_BYTES);

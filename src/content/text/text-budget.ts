/**
 * How much of one message is read as text: so much text, so many bytes for it, so much processor time. What is beyond is
 * not read, as with body_checks_size_limit. Parameter: text_checks_size_limit.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Bytes of markup that one byte of text may take. */
const MARKUP_RATIO = 16;
/** Processor time for one message. */
export const TIME_LIMIT_MS = 10_000;
/** How long the event loop is kept at a stretch. */
const TURN_MS = 10;

export class TextBudget {
  #textBytes: number;
  #markupBytes: number;
  #leftMs: number;
  #turnBegan = performance.now();
  #isTurnUnderWay = false;

  /** `sizeLimitBytes`: of text; 0 is without limit. */
  constructor(sizeLimitBytes: number, timeLimitMs = TIME_LIMIT_MS) {
    this.#textBytes = sizeLimitBytes === 0 ? Number.POSITIVE_INFINITY : sizeLimitBytes;
    this.#markupBytes = this.#textBytes * MARKUP_RATIO;
    this.#leftMs = timeLimitMs;
  }

  get isSpent(): boolean {
    return this.#textBytes <= 0 || this.#markupBytes <= 0 || this.isOutOfTime;
  }

  get isOutOfTime(): boolean {
    return this.#leftMs <= 0;
  }

  takeText(bytes: number): void {
    this.#textBytes -= bytes;
  }

  takeMarkup(bytes: number): void {
    this.#markupBytes -= bytes;
  }

  /** Nothing more is read. */
  close(): void {
    this.#textBytes = 0;
  }

  /** Work begins, after a wait for something else or behind other work of the same turn of the event loop. */
  beginTurn(): void {
    if (this.#isTurnUnderWay) return;
    this.#isTurnUnderWay = true;
    this.#turnBegan = performance.now();
    setImmediate(() => {
      this.#isTurnUnderWay = false;
    });
  }

  /** Lets others work when it is time; undefined when it is not. */
  endTurn(): Promise<void> | undefined {
    const now = performance.now();
    const spent = now - this.#turnBegan;
    if (spent < TURN_MS) return undefined;
    this.#leftMs -= spent;
    return nextTurn().then(() => this.beginTurn());
  }
}

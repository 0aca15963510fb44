/**
 * Tells those who look inside a message of its parts, and gives them the content with its transfer encoding undone.
 * A part that names several encodings is told of once for each. Messages inside that are encoded are followed in turn,
 * with the first encoding only: with more, each level would double the work.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import type { Part, PartInspector, PartReader } from '../part.ts';
import { addRange, type ByteRange } from './byte-range.ts';
import type { MimeProblem } from './mime-problem.ts';
import type { PartShape } from './part-shape.ts';
import { type PartCount, type PartListener, PartWalk } from './part-walk.ts';
import { RecordScanner } from './record-scanner.ts';
import { type DecoderKind, type TransferDecoder, transferDecoder } from './transfer-decoder.ts';

export interface PartTellerOptions {
  readonly inspectors: readonly PartInspector[];
  readonly nestingLimit: number;
  readonly lineLimitBytes: number;
  readonly count: PartCount;
  problem(problem: MimeProblem, text: Buffer): void;
}

/** One way to read a leaf. */
interface Face {
  readonly decoder: TransferDecoder;
  readonly readers: readonly PartReader[];
}

type Job = () => MaybePromise<void>;

export class PartTeller implements PartListener {
  readonly #options: PartTellerOptions;
  #jobs: Job[] = [];
  #ranges: ByteRange[] = [];
  #faces: readonly Face[] = [];

  constructor(options: PartTellerOptions) {
    this.#options = options;
  }

  container(part: Part): void {
    this.#later(() => inTurn(this.#begin(part).map((reader) => () => reader.end())));
  }

  leaf(part: Part, encodings: PartShape['encodings'], stray: Buffer): void {
    this.#later(() => {
      const faces = encodings.map(({ name, kind }) => ({
        kind,
        decoder: transferDecoder(kind),
        readers: this.#begin({ ...part, encoding: name }),
      }));
      this.#faces = faces;
      return inTurn(
        faces.filter(({ kind }) => kind === 'identity').map((face) => () => writeFace(face, stray)),
      );
    });
  }

  message(part: Part, encoding: DecoderKind, depth: number): void {
    this.#later(() => {
      this.#faces = [{ decoder: transferDecoder(encoding), readers: [this.#inner(part, depth)] }];
    });
  }

  content(bytes: Buffer, start: number, end: number): void {
    addRange(this.#ranges, bytes, start, end);
  }

  close(): void {
    this.#later(() => {
      const faces = this.#faces;
      this.#faces = [];
      return inTurn(faces.map((face) => () => endFace(face)));
    });
  }

  /** Carries out what was heard since the last time. */
  flush(): MaybePromise<void> {
    this.#takeRanges();
    const jobs = this.#jobs;
    this.#jobs = [];
    return inTurn(jobs);
  }

  #later(job: Job): void {
    this.#takeRanges();
    this.#jobs.push(job);
  }

  #takeRanges(): void {
    const ranges = this.#ranges;
    if (ranges.length === 0) return;
    this.#ranges = [];
    this.#jobs.push(() => inTurn(ranges.map((range) => () => this.#write(range))));
  }

  #write({ bytes, start, end }: ByteRange): MaybePromise<void> {
    const piece = bytes.subarray(start, end);
    return inTurn(this.#faces.map((face) => () => writeFace(face, face.decoder.write(piece))));
  }

  #begin(part: Part): PartReader[] {
    return this.#options.inspectors.map((one) => one.begin(part)).filter((reader) => reader !== undefined);
  }

  /** Follows the parts of a message inside. */
  #inner({ number }: Part, depth: number): PartReader {
    const listener = new PartTeller(this.#options);
    const walk = new PartWalk({ ...this.#options, depth, prefix: `${number}.`, listener });
    const scanner = new RecordScanner(this.#options.lineLimitBytes, walk);
    const flush = () => walk.flush();
    return {
      write: (bytes) => after(scanner.write(bytes), flush),
      end: () =>
        after(scanner.end(), () => {
          walk.end();
          return walk.flush();
        }),
    };
  }
}

function writeFace({ readers }: Face, bytes: Buffer): MaybePromise<void> {
  return bytes.length === 0 ? undefined : inTurn(readers.map((reader) => () => reader.write(bytes)));
}

function endFace(face: Face): MaybePromise<void> {
  const rest = writeFace(face, face.decoder.end());
  return after(rest, () => inTurn(face.readers.map((reader) => () => reader.end())));
}

function after(first: MaybePromise<void>, next: () => MaybePromise<void>): MaybePromise<void> {
  return isPromise(first) ? first.then(next) : next();
}

/** One after the other; waits only where there is something to wait for. */
function inTurn(jobs: readonly Job[], from = 0): MaybePromise<void> {
  for (let at = from; at < jobs.length; at++) {
    const wait = (jobs[at] as Job)();
    if (isPromise(wait)) return wait.then(() => inTurn(jobs, at + 1));
  }
}

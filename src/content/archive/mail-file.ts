/**
 * Opens mails that are attached as files (.eml, .mht) or kept in archives: the same walk as over the message itself,
 * RFC 2046. Parts without a name have none; those inside of them count like any member.
 */
import { namesInFields } from '../attachment-parameters.ts';
import type { MimeProblem } from '../mime/mime-problem.ts';
import { PartTeller } from '../mime/part-teller.ts';
import { PartWalk } from '../mime/part-walk.ts';
import { RecordScanner } from '../mime/record-scanner.ts';
import type { Part, PartInspector, PartReader } from '../part.ts';
import { BrokenArchive, OverBudget } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import type { Opened } from './unpacker.ts';

const lineLimitBytes = 2_048;
/** Multiparts and messages inside of one another. `Postfix: mime_nesting_limit`. */
const nestingLimit = 100;
/** Ways to read one part: as many passes are made. */
const mostReadings = 3;

/** Hands out the parts. Rejects with BrokenArchive where the mail cannot be understood. */
export async function unpackMail(bytes: ByteSource, to: Opened): Promise<void> {
  for (let reading = 0; reading < mostReadings; reading++) {
    const members = new Members(to, reading);
    await walk(bytes, members, to);
    if (!members.hasMoreReadings) return;
  }
}

async function walk(bytes: ByteSource, members: PartInspector, to: Opened): Promise<void> {
  let problem: MimeProblem | undefined;
  const teller = {
    inspectors: [members],
    count: { parts: 0 },
    nestingLimit,
    lineLimitBytes,
    problem: (found: MimeProblem) => {
      problem = found;
    },
  };
  const parts = new PartWalk({ ...teller, listener: new PartTeller(teller), prefix: '', depth: 0 });
  const scanner = new RecordScanner(lineLimitBytes, parts);
  for await (const chunk of chunksOf(bytes)) {
    await scanner.write(chunk);
    await parts.flush();
    await to.budget.breathe();
  }
  await scanner.end();
  parts.end();
  await parts.flush();
  if (problem === 'nesting' || problem === 'many parts') throw new OverBudget(problem);
  if (problem !== undefined) throw new BrokenArchive(problem);
}

/** A part that names several encodings is told of several times at once; members come one after the other. */
class Members implements PartInspector {
  hasMoreReadings = false;
  readonly #to: Opened;
  readonly #reading: number;
  #number = '';
  #count = 0;

  constructor(to: Opened, reading: number) {
    this.#to = to;
    this.#reading = reading;
  }

  begin(part: Part): PartReader | undefined {
    if (part.number !== this.#number) this.#count = 0;
    this.#number = part.number;
    const reading = this.#count++;
    if (reading > this.#reading) this.hasMoreReadings = true;
    if (reading !== this.#reading) return undefined;
    return this.#to.member(namesInFields(part.fields), { isBody: part.type.startsWith('text/') });
  }

  finish(): [] {
    return [];
  }

  close(): void {}
}

/** Builds OLE compound files for tests: sectors of 512 bytes, small streams among the small ones. MS-CFB. */
const SECTOR = 512;
const SMALL_SECTOR = 64;
const SMALL = 4_096;
const END = 0xffff_fffe;
const FREE = 0xffff_ffff;
const TABLE = 0xffff_fffd;

interface Node {
  readonly name: string;
  readonly kind: number;
  readonly data: Buffer;
  readonly children: number[];
  start: number;
}

/** Streams by their paths, `storage/stream`; `classId` of the root in hexadecimal. */
export function compound(streams: Readonly<Record<string, Buffer>>, classId = '00'.repeat(16)): Buffer {
  const nodes: Node[] = [{ name: 'Root Entry', kind: 5, data: Buffer.alloc(0), children: [], start: END }];
  for (const [path, data] of Object.entries(streams)) addPath(nodes, path.split('/'), data);
  const chains = new Chains();
  const small = new Chains();
  for (const node of nodes) {
    if (node.kind === 2)
      node.start = (node.data.length < SMALL ? small : chains).add(
        node.data,
        node.data.length < SMALL ? SMALL_SECTOR : SECTOR,
      );
  }
  const root = nodes[0] as Node;
  const smallBytes = Buffer.concat(small.sectors);
  root.start = smallBytes.length > 0 ? chains.add(smallBytes, SECTOR) : END;
  const smallTable = chains.add(numbers(small.next), SECTOR);
  const directory = chains.add(
    Buffer.concat(nodes.map((node) => entry(nodes, node, classId, smallBytes.length))),
    SECTOR,
  );
  const tables = tableSectors(chains);
  return Buffer.concat([header(directory, smallTable, tables), ...chains.sectors]);
}

function addPath(nodes: Node[], names: readonly string[], data: Buffer): void {
  let inside = 0;
  for (const [i, name] of names.entries()) {
    const isLast = i === names.length - 1;
    const known = nodes[inside]?.children.find((child) => nodes[child]?.name === name);
    if (known === undefined) {
      nodes.push({
        name,
        kind: isLast ? 2 : 1,
        data: isLast ? data : Buffer.alloc(0),
        children: [],
        start: END,
      });
      nodes[inside]?.children.push(nodes.length - 1);
    }
    inside = known ?? nodes.length - 1;
  }
}

/** Sectors, and what follows each. */
class Chains {
  readonly sectors: Buffer[] = [];
  readonly next: number[] = [];

  add(data: Buffer, size: number): number {
    if (data.length === 0) return END;
    const first = this.sectors.length;
    for (let at = 0; at < data.length; at += size) {
      const sector = Buffer.alloc(size);
      data.copy(sector, 0, at, at + size);
      this.sectors.push(sector);
      this.next.push(at + size < data.length ? this.sectors.length : END);
    }
    return first;
  }
}

function tableSectors(chains: Chains): number[] {
  const perTable = SECTOR / 4;
  let count = 1;
  while (count * perTable < chains.sectors.length + count) count++;
  const places = Array.from({ length: count }, (_, i) => chains.sectors.length + i);
  const all = [...chains.next, ...places.map(() => TABLE)];
  while (all.length < count * perTable) all.push(FREE);
  for (let i = 0; i < count; i++) chains.sectors.push(numbers(all.slice(i * perTable, (i + 1) * perTable)));
  return places;
}

function entry(nodes: readonly Node[], node: Node, classId: string, smallBytes: number): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.write(node.name, 'utf16le');
  bytes.writeUInt16LE((node.name.length + 1) * 2, 64);
  bytes[66] = node.kind;
  const index = nodes.indexOf(node);
  const siblings = nodes.find(({ children }) => children.includes(index))?.children ?? [];
  bytes.writeUInt32LE(FREE, 68);
  bytes.writeUInt32LE(siblings[siblings.indexOf(index) + 1] ?? FREE, 72);
  bytes.writeUInt32LE(node.children[0] ?? FREE, 76);
  if (node.kind === 5) bytes.write(classId, 80, 'hex');
  bytes.writeUInt32LE(node.start, 116);
  bytes.writeUInt32LE(node.kind === 5 ? smallBytes : node.data.length, 120);
  return bytes;
}

function header(directory: number, smallTable: number, tables: readonly number[]): Buffer {
  const bytes = Buffer.alloc(SECTOR, 0xff);
  bytes.fill(0, 0, 76);
  bytes.write('d0cf11e0a1b11ae1', 'hex');
  for (const [at, value] of [
    [24, 0x3e],
    [26, 3],
    [28, 0xfffe],
    [30, 9],
    [32, 6],
  ] as const)
    bytes.writeUInt16LE(value, at);
  for (const [at, value] of [
    [44, tables.length],
    [48, directory],
    [56, SMALL],
    [60, smallTable],
    [64, 1],
    [68, END],
  ] as const) {
    bytes.writeUInt32LE(value, at);
  }
  for (const [i, place] of tables.entries()) bytes.writeUInt32LE(place, 76 + i * 4);
  return bytes;
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4);
  return bytes;
}

/**
 * The two file systems that 7-Zip sees in its sandbox: one with the archive, read piece by piece from wherever it is,
 * and one that takes what is unpacked and keeps none of it. Runs in the thread of seven-zip-thread.ts only.
 */

/** What emscripten's FS offers to file systems, as far as it is needed here. */
export interface Fs {
  createNode(parent: FsNode | null, name: string, mode: number, device: number): FsNode;
  mkdir(path: string): void;
  mount(type: { mount(): FsNode }, options: object, path: string): void;
  ErrnoError: new (code: number) => Error;
}

interface FsNode {
  name: string;
  id: number;
  mode: number;
  parent: FsNode;
  node_ops: object;
  stream_ops: object;
}

interface FsStream {
  node: FsNode;
  flags: number;
  position: number;
}

const DIRECTORY = 0o40777;
const FILE = 0o100666;
const DIRECTORY_BITS = 0o40000;
const TYPE_BITS = 0o170000;
/** O_WRONLY, O_RDWR */
const WRITES = 3;
/** WASI's ENOENT and EINVAL. */
const NO_ENTRY = 44;
const INVALID = 28;

/** The bytes of the archive. */
export interface ArchiveBytes {
  readonly sizeBytes: number;
  /** Fills the target, or as much of it as there is; says how much. */
  read(target: Uint8Array, offset: number): number;
}

export interface Unpacked {
  begin(path: string): void;
  bytes(bytes: Uint8Array): void;
  end(): void;
}

/** A directory `path` with the archive in it as `archive`. */
export function mountArchive(fs: Fs, path: string, archive: ArchiveBytes): void {
  fs.mkdir(path);
  fs.mount({ mount: () => archiveDirectory(fs, archive) }, {}, path);
}

/** A directory that everything can be written to. */
export function mountSink(fs: Fs, path: string, sink: Unpacked): void {
  fs.mkdir(path);
  fs.mount({ mount: () => sinkNode(fs, sink, null, '/', DIRECTORY) }, {}, path);
}

function archiveDirectory(fs: Fs, archive: ArchiveBytes): FsNode {
  const root = fs.createNode(null, '/', DIRECTORY, 0);
  root.node_ops = {
    getattr: () => attributes(root, 0),
    readdir: () => ['.', '..', 'archive'],
    lookup: (_: FsNode, name: string) => {
      if (name !== 'archive') throw new fs.ErrnoError(NO_ENTRY);
      return archiveNode(fs, root, archive);
    },
  };
  root.stream_ops = {};
  return root;
}

function archiveNode(fs: Fs, root: FsNode, archive: ArchiveBytes): FsNode {
  const { sizeBytes } = archive;
  const node = fs.createNode(root, 'archive', FILE, 0);
  node.node_ops = { getattr: () => attributes(node, sizeBytes) };
  node.stream_ops = {
    read: (_: FsStream, heap: Int8Array, offset: number, length: number, position: number) =>
      archive.read(stretch(heap, offset, length), position),
    llseek: (stream: FsStream, offset: number, whence: number) =>
      sought(fs, stream, offset, whence, sizeBytes),
  };
  return node;
}

function sinkNode(fs: Fs, sink: Unpacked, parent: FsNode | null, name: string, mode: number): FsNode {
  const isDirectory = (mode & TYPE_BITS) === DIRECTORY_BITS;
  const node = fs.createNode(parent, name, mode, 0);
  let sizeBytes = 0;
  node.node_ops = {
    getattr: () => attributes(node, sizeBytes),
    setattr: () => {},
    lookup: () => {
      throw new fs.ErrnoError(NO_ENTRY);
    },
    mknod: (inside: FsNode, child: string, kind: number) => sinkNode(fs, sink, inside, child, kind),
    symlink: (inside: FsNode, child: string) => sinkNode(fs, sink, inside, child, FILE),
    readdir: () => ['.', '..'],
    unlink: () => {},
    rmdir: () => {},
    rename: () => {},
  };
  const writes = ({ flags }: FsStream) => !isDirectory && (flags & WRITES) !== 0;
  node.stream_ops = {
    open: (stream: FsStream) => {
      if (writes(stream)) sink.begin(pathOf(node));
    },
    write: (_: FsStream, heap: Int8Array, offset: number, length: number, position: number) => {
      sink.bytes(stretch(heap, offset, length));
      sizeBytes = Math.max(sizeBytes, position + length);
      return length;
    },
    llseek: (stream: FsStream, offset: number, whence: number) =>
      sought(fs, stream, offset, whence, sizeBytes),
    close: (stream: FsStream) => {
      if (writes(stream)) sink.end();
    },
  };
  return node;
}

function pathOf(node: FsNode): string {
  const names: string[] = [];
  for (let at = node; at.parent !== at; at = at.parent) names.unshift(at.name);
  return names.join('/');
}

function stretch(heap: Int8Array, offset: number, length: number): Uint8Array {
  return new Uint8Array(heap.buffer, heap.byteOffset + offset, length);
}

/** SEEK_SET, SEEK_CUR, SEEK_END */
function sought(fs: Fs, stream: FsStream, offset: number, whence: number, sizeBytes: number): number {
  const position = offset + ([0, stream.position, sizeBytes][whence] ?? 0);
  if (position < 0) throw new fs.ErrnoError(INVALID);
  return position;
}

function attributes(node: FsNode, size: number) {
  const time = new Date(0);
  const { id: ino, mode } = node;
  const sizes = { size, blksize: 4_096, blocks: Math.ceil(size / 512) };
  return {
    dev: 1,
    ino,
    mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    ...sizes,
    atime: time,
    mtime: time,
    ctime: time,
  };
}

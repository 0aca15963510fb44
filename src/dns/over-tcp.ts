/** One question over TCP, where the answer did not fit into a datagram. RFC 7766. */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from './datagrams.ts';

const LENGTH_BYTES = 2;

/** The socket, for whoever loses patience; `heard` is called with the answer, `failed` when there is none. */
export function askOverTcp(
  { address, port }: Endpoint,
  question: Buffer,
  heard: (answer: Buffer) => void,
  failed: (error: Error) => void,
): Socket {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(question.length);
  const socket = connect(port, address);
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]); // 64 KB at most
    if (bytes.length < LENGTH_BYTES) return;
    const end = LENGTH_BYTES + bytes.readUInt16BE(0);
    if (bytes.length < end) return;
    socket.destroy();
    heard(bytes.subarray(LENGTH_BYTES, end));
  });
  socket.on('error', failed);
  socket.on('end', () => failed(Object.assign(new Error('no answer'), { code: 'EBADRESP' })));
  socket.write(Buffer.concat([length, question]));
  return socket;
}

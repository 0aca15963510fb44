/** The bytes of a message, which can be read again and again as long as the message is there. */
export type MessageBytes = () => Iterable<Buffer> | AsyncIterable<Buffer>;

/**
 * Room to work with sets of automaton nodes, shared by all automata: none of them works while another one does, so
 * thousands of patterns need it once.
 */
export class NodeScratch {
  /** Nodes to look at. */
  stack = new Int32Array(256);
  /** Nodes collected. */
  nodes = new Int32Array(256);
  /** Other nodes collected. */
  takes = new Int32Array(256);
  #visited = new Uint32Array(256);
  #stamp = 0;

  /** Makes room for automata of `size` nodes, each of which leads to at most two others. */
  fit(size: number): void {
    if (size <= this.#visited.length) return;
    this.stack = new Int32Array(2 * size + 2);
    this.nodes = new Int32Array(size);
    this.takes = new Int32Array(size);
    this.#visited = new Uint32Array(size);
  }

  /** From now on no node has been visited. */
  begin(): void {
    if (++this.#stamp < 0xffffffff) return;
    this.#visited.fill(0);
    this.#stamp = 1;
  }

  /** Marks a node as visited; true when it was not. */
  visit(node: number): boolean {
    if (this.#visited[node] === this.#stamp) return false;
    this.#visited[node] = this.#stamp;
    return true;
  }

  has(node: number): boolean {
    return this.#visited[node] === this.#stamp;
  }
}

export const scratch = new NodeScratch();

/** Few nodes are the rule, and for them this is quicker than the typed array's own sort. */
const INSERTION_LIMIT = 32;

/** Sorts the first `length` nodes. */
export function sortNodes(nodes: Int32Array, length: number): void {
  if (length > INSERTION_LIMIT) {
    nodes.subarray(0, length).sort();
    return;
  }
  for (let i = 1; i < length; i++) {
    const node = nodes[i] ?? 0;
    let at = i - 1;
    for (; at >= 0 && (nodes[at] ?? 0) > node; at--) nodes[at + 1] = nodes[at] ?? 0;
    nodes[at + 1] = node;
  }
}

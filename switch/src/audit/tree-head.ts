/** What is signed about the log at one moment (spec/audit.md 4). */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
  readonly at: Date;
}

/** A tree head with its compact JWS. */
export interface SignedTreeHead extends TreeHead {
  readonly signed: string;
}

/** The type in the protected header of a tree head. */
export const treeHeadType = 'barlink-tree-head+jws';
/** The payload of a tree head; `previous` is left out of the first one. */
export function renderTreeHead(log: string, head: TreeHead, previous: TreeHead | undefined): object {
  return {
    log,
    size: head.size,
    root: encodeHash(head.root),
    at: head.at.toISOString(),
    ...(previous === undefined ? {} : { previous: { size: previous.size, root: encodeHash(previous.root) } }),
  };
}

/** A hash on the wire: 43 characters of base64url. */
export function encodeHash(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('base64url');
}
/** A hash from the wire; undefined when the text is not the one form of 32 bytes. */
export function decodeHash(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text ? bytes : undefined;
}

/** A queue of this process has no room: nothing was done, and the sender may come again. */
export class QueueFull extends Error {
  constructor(what: string) {
    super(`${what} has no room`);
  }
}

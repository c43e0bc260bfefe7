/** SHA-256 (FIPS 180-4), synchronous: browsers offer only an asynchronous one. */
export function sha256(message: Uint8Array): Uint8Array {
  const { start, round } = constants();
  const state = Uint32Array.from(start);
  const padded = pad(message);
  const view = new DataView(padded.buffer);
  const words = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = view.getUint32(block + at * 4);
    compress(state, words, round);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word);
  return new Uint8Array(digest.buffer);
}

interface Constants {
  readonly start: readonly number[];
  readonly round: readonly number[];
}

let cached: Constants | undefined;

/** The first 32 fraction bits of the square and cube roots of the first primes. */
function constants(): Constants {
  if (cached) return cached;
  const start: number[] = [];
  const round: number[] = [];
  for (let candidate = 2; round.length < 64; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++)
      if (candidate % divisor === 0) isPrime = false;
    if (!isPrime) continue;
    if (start.length < 8) start.push(fraction(candidate ** (1 / 2)));
    round.push(fraction(candidate ** (1 / 3)));
  }
  cached = { start, round };
  return cached;
}

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) >>> 0;
}

function pad(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, message.length * 8);
  return padded;
}

function compress(state: Uint32Array, words: Uint32Array, round: readonly number[]): void {
  const word = (at: number): number => words[at] ?? 0;
  for (let at = 16; at < 64; at++) {
    const low = word(at - 15);
    const high = word(at - 2);
    const one = rotate(low, 7) ^ rotate(low, 18) ^ (low >>> 3);
    const two = rotate(high, 17) ^ rotate(high, 19) ^ (high >>> 10);
    words[at] = word(at - 16) + one + word(at - 7) + two;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let at = 0; at < 64; at++) {
    const first = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const mixed = (h + first + choice + (round[at] ?? 0) + word(at)) | 0;
    const second = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + mixed) | 0;
    d = c;
    c = b;
    b = a;
    a = (mixed + second + majority) | 0;
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[index] = (state[index] ?? 0) + value;
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

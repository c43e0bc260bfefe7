/**
 * Raw LZMA1 with lc 3, lp 0, pb 2, as PAY by square prints it: a decoder, and an encoder that writes literals
 * only (larger than need be, and read by every decoder).
 */

const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 2 ** 24;

/** Reads `size` bytes; undefined when the stream is broken or too short. */
export function readLzma(stream: Uint8Array, size: number): Uint8Array | undefined {
  if (stream.length < 5 || stream[0] !== 0) return undefined;
  const output = new Uint8Array(size);
  const decoder = new Decoder(stream, output);
  return decoder.run() ? output : undefined;
}

/** Writes bytes as a raw stream of literals. */
export function writeLzma(bytes: Uint8Array): Uint8Array {
  const encoder = new Encoder();
  const isMatch = probabilities(4);
  const literals = probabilities(8 * 0x300);
  let previous = 0;
  for (const [position, byte] of bytes.entries()) {
    encoder.write(isMatch, position & 3, 0);
    const base = (previous >> 5) * 0x300;
    let symbol = 1;
    for (let bit = 7; bit >= 0; bit--) {
      const value = (byte >> bit) & 1;
      encoder.write(literals, base + symbol, value);
      symbol = (symbol << 1) | value;
    }
    previous = byte;
  }
  return encoder.finish();
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF);
}

/** Real state: the range, the history and every probability change with each bit. */
class Decoder {
  private range = 0xffffffff;
  private code = 0;
  private at = 5;
  private written = 0;
  private state = 0;
  private readonly distances = [0, 0, 0, 0];
  private readonly isMatch = probabilities(192);
  private readonly isRepeat = probabilities(12);
  private readonly isRepeat0 = probabilities(12);
  private readonly isRepeat1 = probabilities(12);
  private readonly isRepeat2 = probabilities(12);
  private readonly isRepeat0Long = probabilities(192);
  private readonly slots = probabilities(4 * 64);
  private readonly special = probabilities(128);
  private readonly align = probabilities(16);
  private readonly matchLengths = lengthModel();
  private readonly repeatLengths = lengthModel();
  private readonly literals = probabilities(8 * 0x300);
  private readonly stream: Uint8Array;
  private readonly output: Uint8Array;

  constructor(stream: Uint8Array, output: Uint8Array) {
    this.stream = stream;
    this.output = output;
    for (let index = 1; index < 5; index++) this.code = ((this.code << 8) | (stream[index] ?? 0)) >>> 0;
  }

  run(): boolean {
    while (this.written < this.output.length) {
      const position = this.written & 3;
      if (this.bit(this.isMatch, this.state * 16 + position) === 0) this.readLiteral();
      else if (!this.readMatch(position)) return false;
      if (this.at > this.stream.length) return false;
    }
    return true;
  }

  private bit(model: Uint16Array, index: number): number {
    const probability = model[index] ?? HALF;
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    const isZero = this.code < bound;
    if (isZero) {
      this.range = bound;
      model[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
    } else {
      this.range = (this.range - bound) >>> 0;
      this.code = (this.code - bound) >>> 0;
      model[index] = probability - (probability >> MOVE_BITS);
    }
    this.normalize();
    return isZero ? 0 : 1;
  }

  private normalize(): void {
    if (this.range >= TOP) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | (this.stream[this.at++] ?? 0)) >>> 0;
  }

  private tree(model: Uint16Array, bits: number, base = 0): number {
    let symbol = 1;
    for (let index = 0; index < bits; index++) symbol = (symbol << 1) | this.bit(model, base + symbol);
    return symbol - (1 << bits);
  }

  private reverseTree(model: Uint16Array, bits: number, base: number): number {
    let symbol = 1;
    let value = 0;
    for (let index = 0; index < bits; index++) {
      const bit = this.bit(model, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  private direct(bits: number): number {
    let value = 0;
    for (let index = 0; index < bits; index++) {
      this.range >>>= 1;
      const isOne = this.code >= this.range;
      if (isOne) this.code = (this.code - this.range) >>> 0;
      value = value * 2 + (isOne ? 1 : 0);
      this.normalize();
    }
    return value;
  }

  private readLiteral(): void {
    const previous = this.output[this.written - 1] ?? 0;
    const base = (previous >> 5) * 0x300;
    let symbol = 1;
    if (this.state >= 7) {
      let match = this.output[this.written - (this.distances[0] ?? 0) - 1] ?? 0;
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = this.bit(this.literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== matchBit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(this.literals, base + symbol);
    this.output[this.written++] = symbol & 0xff;
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
  }

  private readMatch(position: number): boolean {
    let length: number;
    if (this.bit(this.isRepeat, this.state) === 0) {
      this.distances.unshift(0);
      this.distances.pop();
      length = this.length(this.matchLengths, position);
      this.state = this.state < 7 ? 7 : 10;
      this.distances[0] = this.distance(Math.min(length, 3));
    } else if (this.isShortRepeat(position)) {
      this.state = this.state < 7 ? 9 : 11;
      return this.copy(1);
    } else {
      length = this.length(this.repeatLengths, position);
      this.state = this.state < 7 ? 8 : 11;
    }
    return this.copy(length + 2);
  }

  /** Reads which earlier distance repeats, and whether it is a single byte. */
  private isShortRepeat(position: number): boolean {
    if (this.bit(this.isRepeat0, this.state) === 0) {
      return this.bit(this.isRepeat0Long, this.state * 16 + position) === 0;
    }
    let index = 1;
    if (this.bit(this.isRepeat1, this.state) === 1) index = 2 + this.bit(this.isRepeat2, this.state);
    const [distance = 0] = this.distances.splice(index, 1);
    this.distances.unshift(distance);
    return false;
  }

  private length(model: LengthModel, position: number): number {
    if (this.bit(model.choice, 0) === 0) return this.tree(model.low, 3, position * 8);
    if (this.bit(model.choice, 1) === 0) return 8 + this.tree(model.middle, 3, position * 8);
    return 16 + this.tree(model.high, 8);
  }

  private distance(lengthState: number): number {
    const slot = this.tree(this.slots, 6, lengthState * 64);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + this.reverseTree(this.special, bits, base - slot);
    return base + this.direct(bits - 4) * 16 + this.reverseTree(this.align, 4, 0);
  }

  private copy(length: number): boolean {
    const distance = (this.distances[0] ?? 0) + 1;
    if (distance > this.written) return false;
    for (let left = length; left > 0 && this.written < this.output.length; left--) {
      this.output[this.written] = this.output[this.written - distance] ?? 0;
      this.written++;
    }
    return true;
  }
}

interface LengthModel {
  readonly choice: Uint16Array;
  readonly low: Uint16Array;
  readonly middle: Uint16Array;
  readonly high: Uint16Array;
}

function lengthModel(): LengthModel {
  return {
    choice: probabilities(2),
    low: probabilities(128),
    middle: probabilities(128),
    high: probabilities(256),
  };
}

/** Real state: the range and the bytes not yet safe from a carry. */
class Encoder {
  private low = 0;
  private range = 0xffffffff;
  private cache = 0;
  private pending = 1;
  private readonly bytes: number[] = [];

  write(model: Uint16Array, index: number, bit: number): void {
    const probability = model[index] ?? HALF;
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    if (bit === 0) {
      this.range = bound;
      model[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
    } else {
      this.low += bound;
      this.range -= bound;
      model[index] = probability - (probability >> MOVE_BITS);
    }
    while (this.range < TOP) {
      this.range = (this.range << 8) >>> 0;
      this.shift();
    }
  }

  finish(): Uint8Array {
    for (let index = 0; index < 5; index++) this.shift();
    return Uint8Array.from(this.bytes);
  }

  private shift(): void {
    const carry = this.low >= 2 ** 32 ? 1 : 0;
    if (this.low < 0xff000000 || carry === 1) {
      for (; this.pending > 0; this.pending--) {
        this.bytes.push((this.cache + carry) & 0xff);
        this.cache = 0xff;
      }
      this.cache = Math.floor(this.low / TOP) & 0xff;
    }
    this.pending++;
    this.low = (this.low % TOP) * 256;
  }
}

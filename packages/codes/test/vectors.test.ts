import assert from 'node:assert/strict';
import { type AnyCode, CodeError, encode, parse, recognize, validate } from '../src/index.ts';
import { differences, findVectors, inVectorWords, type Vector, violationInVectorWords } from './vectors.ts';

const vectors = findVectors();
const skipped = 'the shared vectors are not beside this checkout';

function errorOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CodeError) return error.code;
    throw error;
  }
  return undefined;
}

/** A code without its CRC, whose case is not kept. */
function withoutCrc(code: AnyCode): unknown {
  return { ...code, crc: undefined, tree: code.tree.filter((object) => object.id !== '63') };
}

function each(title: string, keep: (vector: Vector) => boolean, check: (vector: Vector) => string[]): void {
  it(title, function () {
    if (!vectors) return this.skip();
    const chosen = vectors.filter(keep);
    const failures = chosen.flatMap((vector) => check(vector).map((line) => `${vector.id} ${line}`));
    assert.ok(chosen.length > 0, 'no vector was chosen');
    assert.equal(failures.length, 0, `${failures.length} in ${chosen.length}:\n${failures.join('\n')}`);
  });
}

describe(`shared vectors${vectors ? '' : ` (${skipped})`}`, () => {
  each(
    'read a valid code to the fields listed',
    (vector) => vector.valid,
    (vector) => {
      const code = errorOf(() => parse(vector.payload));
      return code ? [code] : differences(vector.expect, inVectorWords(parse(vector.payload)));
    },
  );

  each(
    'refuse what breaks integrity',
    (vector) => vector.rejectLevel === 'integrity',
    (vector) => (errorOf(() => parse(vector.payload)) ? [] : ['was read']),
  );

  each(
    'refuse what breaks a rule in strict mode, and list it',
    (vector) => vector.rejectLevel === 'strict',
    (vector) => [
      ...(errorOf(() => parse(vector.payload, { strict: true })) ? [] : ['was read']),
      ...(validate(vector.payload).length > 0 ? [] : ['nothing was listed']),
    ],
  );

  each(
    'list the EMVCo violations of valid codes',
    (vector) => vector.strict !== undefined,
    (vector) => {
      const found = validate(vector.payload).map(violationInVectorWords).sort();
      const expected = [...(vector.strict?.violations ?? [])].sort();
      return found.join() === expected.join() ? [] : [`expected [${expected}], found [${found}]`];
    },
  );

  each(
    'recognise a valid code as what parse reads',
    (vector) => vector.valid,
    (vector) => {
      const found = recognize(vector.payload);
      const read = errorOf(() => parse(vector.payload)) ? undefined : parse(vector.payload);
      if (!found || !read) return ['not recognised'];
      const { scheme, presentment, mode, secret } = read;
      return differences({ scheme, presentment, mode, secret }, found);
    },
  );

  each(
    'write a code back to a text that reads the same',
    (vector) => vector.valid,
    (vector) => {
      if (errorOf(() => parse(vector.payload))) return ['not read'];
      const read = parse(vector.payload);
      const text = encode(read);
      if (read.crc?.length === 4 && text.toUpperCase() !== vector.payload.toUpperCase())
        return [`became ${text}`];
      try {
        assert.deepEqual(withoutCrc(parse(text)), withoutCrc(read));
        return [];
      } catch (error) {
        return [String(error)];
      }
    },
  );
});

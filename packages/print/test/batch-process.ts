// A batch in a process of its own, to be killed by a test. Says how many files it has written.
import { printBatch } from '../src/index.ts';

await printBatch({
  ...JSON.parse(process.argv[2] ?? ''),
  onProgress: ({ printed }) => process.stdout.write(`${printed}\n`),
});

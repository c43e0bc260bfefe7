// Mocha's own spec reporter, which also leaves the counts in a file for .ci/run.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(options.reporterOptions.output, `${passes} ${failures} ${pending}\n`);
    });
  }
};

// Mocha's own spec reporter, which also leaves the counts in a file for .ci/run and ends a run that hangs.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

const graceMs = 60_000;

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(options.reporterOptions.output, `${passes} ${failures} ${pending}\n`);
      const endHanging = () => {
        console.error(
          `The tests ended ${graceMs / 1000} s ago, but something they left open keeps the process going:`,
        );
        console.error(process.getActiveResourcesInfo().join(', '));
        process.exit(1);
      };
      setTimeout(endHanging, graceMs).unref();
    });
  }
};

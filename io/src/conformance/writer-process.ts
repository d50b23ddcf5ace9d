// The process that the crash tests of the real disk kill: `node writer-process.js DIRECTORY BATCHES
// SYNC_EVERY WINDOW`. It prints the token of every completed batch and ends by itself only after the
// last one or after a failure, of which it says on stderr what every submission was answered.

import { createLevelDisk } from "../level/index.js";
import { writerBatch } from "./disk-writes.js";

const [directory = "", ...numbers] = process.argv.slice(2);
const [batches = 0, syncEvery = 1, window = 1] = numbers.map(Number);

let submitted = 0;
const disk = createLevelDisk({
  directory,
  push: (event) => {
    if (event.kind === "disk.failed") {
      console.error(`${event.token}: ${event.message}`);
      process.exitCode = 1;
      return;
    }
    if (event.kind === "disk.written") process.stdout.write(`${event.token}\n`);
    submit(event.kind === "disk.opened" ? window : 1);
  },
});

function submit(count: number): void {
  for (let i = 0; i < count && submitted < batches; i += 1) {
    submitted += 1;
    disk.write(submitted, writerBatch(submitted), submitted % syncEvery === 0);
  }
}

disk.open(0);

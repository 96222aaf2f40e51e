// swaps a folder for a link to another place, over and over, until its input closes
import { renameSync, rmSync, symlinkSync, unlinkSync, writeSync } from "node:fs";

const [path, outside] = process.argv.slice(2);
process.stdin.on("close", () => process.exit(0)).resume();

function round() {
  const end = performance.now() + 20;
  while (performance.now() < end) {
    try {
      renameSync(path, `${path}.kept`);
      symlinkSync(outside, path);
      unlinkSync(path);
      renameSync(`${path}.kept`, path);
    } catch {
      // a write came in between and made the folder anew
      rmSync(`${path}.kept`, { recursive: true, force: true });
    }
  }
  setImmediate(round);
}

writeSync(1, "swapping\n");
round();

import { anchors } from "./slug.js";

const got = anchors(["C", "C++", "C#", "C 2"]).join(" ");
const wanted = "c c-2 c-3 c-2-2";
if (got !== wanted) {
  console.error(`wanted: ${wanted}\ngot:    ${got}`);
  process.exit(1);
}

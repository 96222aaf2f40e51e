// by name: a CommonJS package that is imported on its own gives its whole as `default` once it is bundled
export { isAlias, isMap, isScalar, isSeq, LineCounter, Parser, parseDocument } from "yaml";

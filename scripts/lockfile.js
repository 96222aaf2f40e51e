// Run after each change of dependencies: makes package-lock.json the same wherever it was written. Addresses of the
// registry go, and optional packages for other platforms that this registry did not have are named, so that `npm ci`,
// which wants them named though it will not install them, works everywhere.
import { readFileSync, writeFileSync } from "node:fs";

const OS = /(?:^|-)(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?:-|$)/;
const CPU = /(?:^|-)(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32)(?:-|$)/;

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const known = new Set(Object.keys(lock.packages));
for (const entry of Object.values(lock.packages)) {
  // of a workspace it is its folder
  if (!entry.link) delete entry.resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (!known.has(path)) lock.packages[path] = foreign(name, version);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

function foreign(name, version) {
  const platform = name.split("/").at(-1).replace("arm-eabi", "arm").replace("arm-gnueabihf", "arm");
  const [os, cpu] = [OS.exec(platform)?.[1], CPU.exec(platform)?.[1]];
  const libc = /musl/.test(platform) ? ["musl"] : undefined;
  return {
    version,
    ...(libc && { libc }),
    ...(cpu && { cpu: [cpu] }),
    dev: true,
    optional: true,
    ...(os && { os: [os] }),
  };
}

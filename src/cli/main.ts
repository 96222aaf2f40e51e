declare const __VERSION__: string;

// the version is told without loading the rest
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) process.stdout.write(`${__VERSION__}\n`);
else import("./command.js").then(({ command }) => command(argv, __VERSION__));

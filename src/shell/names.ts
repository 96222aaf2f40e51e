/** What runs the shell language. */
export const SHELLS: ReadonlySet<string> = new Set("sh bash zsh dash ash ksh mksh fish csh tcsh rbash yash".split(" "));

const INTERPRETER =
  /^(python[\d.]*|pypy\d?|node|nodejs|deno|bun|tsx|ts-node|perl[\d.]*|ruby[\d.]*|irb|php[\d.]*|lua[\d.]*|luajit|tclsh|wish|osascript|pwsh|powershell|Rscript|R|julia|groovy|scala|guile|sbcl|ghci|racket|elixir|iex|erl|swift|gawk|awk|mawk|nawk|expect)$/;

/** What runs programs in some other language. */
export function isInterpreter(name: string): boolean {
  return INTERPRETER.test(name);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether a path of a program is one of the system's own. */
export function isSystemProgram(path: string): boolean {
  return /^(\/usr)?(\/local)?\/s?bin\/[^/]+$|^\/opt\/homebrew\/bin\/[^/]+$/.test(path);
}

// variables that change what a program does: loaders, search paths, pagers, hooks, options of interpreters
const STEERING =
  /^(PATH|IFS|ENV|CDPATH|GLOBIGNORE|HOME|PWD|OLDPWD|TMPDIR|VISUAL|BROWSER|DISPLAY|INPUTRC|PS[0-4]|GZIP|TERMCAP|LOCPATH|NLSPATH|MAKE\w*|(BASH|SHELL|LD|DYLD|GIT|PYTHON|PERL|RUBY|NODE|NPM|npm|JAVA|JDK|LESS|MAN|PROMPT|HIST|TAR|GREP|RIPGREP|FZF|XDG|SSH|SSL|OPENSSL|CURL|WGET|RSYNC|TERMINFO|BZIP|XZ|ZSTD|ZIP|DOCKER|KUBE|CARGO|RUST|LLVM|GCC|PHP|JULIA|SUDO|SYSTEMD|MYVIM|VIM|EMACS|TCL|CLASSPATH|AWK|POSIX)\w*|(R|RG|CC|CXX|LUA|BAT|FD|JQ|ACK|AG|DELTA)(_\w*)?|GO(PATH|ROOT|FLAGS|PROXY|OS|ARCH|BIN|CACHE|ENV|TOOLCHAIN|EXPERIMENT|DEBUG|_\w*)|LUA_?\w*PATH|\w*(PAGER|EDITOR|OPTIONS?|OPTS|CONFIG\w*|PRELOAD|COMMAND|CMD|SHELL|PROXY|proxy|_PATH|HOOK\w*|RC|INIT))$/;

/** Whether setting a variable can change what later commands do. */
export function steers(name: string): boolean {
  return STEERING.test(name);
}

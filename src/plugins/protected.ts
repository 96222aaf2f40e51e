// what agents, editors and git take orders from, wherever it lies in the workspace
const NAMES = new Set(
  ".git .nanocoder .claude .agents .codex .gemini .cursor .husky .vscode .idea .mcp.json agents.md claude.md claude.local.md gemini.md .cursorrules .windsurfrules .clinerules copilot-instructions.md .envrc .gitmodules".split(
    " ",
  ),
);

// what starts with a shell, a login or a program of the user
const STARTS =
  /^\/(\.(bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|zlogout|kshrc|cshrc|tcshrc|login|inputrc|vimrc|exrc|tmux\.conf|gitconfig|gitattributes|npmrc|yarnrc|yarnrc\.yml|pypirc|wgetrc|curlrc|netrc|xprofile|xinitrc|xsession|pam_environment|hushlogin|mcp\.json|claude\.json)$|\.(ssh|gnupg|nanocoder|claude|codex|gemini|cursor|aws|kube|docker|vim)(\/|$)|\.config\/(fish|git|systemd|autostart|nvim|environment\.d|plasma-workspace|gh|opencode)(\/|$)|Library\/(LaunchAgents|Keychains)(\/|$)|\.local\/(bin|share\/(applications|systemd|dbus-1))(\/|$))/;

export type Guarded = { root: string; home: string /** Our own home. */; own: string };

/** Whether a path steers what runs later: agents' settings and orders, hooks, git's internals, shell start-up files. */
export function isProtected(path: string, { root, home, own }: Guarded): boolean {
  if (within(path, own)) return true;
  // file systems may ignore case
  if (
    within(path, root) &&
    path
      .slice(root.length)
      .toLowerCase()
      .split("/")
      .some((name) => NAMES.has(name))
  )
    return true;
  return within(path, home) && STARTS.test(path.slice(home.length));
}

/** The protected paths at the top of the workspace: what a sandbox holds fast. */
export function protectedIn(root: string): string[] {
  const named = [...NAMES].map((name) =>
    /^[a-z].*\.md$/.test(name) && name !== "copilot-instructions.md"
      ? name.replace(/^[^.]+/, (word) => word.toUpperCase())
      : name,
  );
  return [...named.filter((name) => name !== "copilot-instructions.md"), ".github/copilot-instructions.md"].map(
    (name) => `${root}/${name}`,
  );
}

export function within(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? root : `${root}/`);
}

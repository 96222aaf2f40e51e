import type { Where } from "./types.js";

const NAMES =
  /^(\.env(\.(?!example$|sample$|template$|dist$|defaults$|test$)[\w.-]+)?|\.envrc|\.netrc|_netrc|\.pgpass|\.git-credentials|\.pypirc|\.vault-token|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)\w*(?<!\.pub)|.*\.(pem|p12|pfx|key|keystore|jks|kdbx|asc|ppk)|credentials(\.json|\.ya?ml|\.toml)?|secrets?\.(json|ya?ml|toml|env)|service[-_]account.*\.json|shadow-?|gshadow-?|sudoers|environ|\.(bash|zsh|sh|python|node_repl|psql|mysql)_history|authorized_keys|login\.keychain.*|Cookies|Login Data|wallet\.dat)$/i;

const FOLDERS = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker",
  ".config/gcloud",
  ".config/gh",
  ".config/op",
  ".config/hub",
  ".config/rclone",
  ".password-store",
  ".local/share/keyrings",
  ".mozilla",
  ".config/google-chrome",
  ".config/chromium",
  "Library/Keychains",
  ".nanocoder",
];

/** A file whose content gives access to something: keys, tokens, passwords. */
export function isSecret(path: string, { home }: Pick<Where, "home">): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (NAMES.test(name)) return true;
  if (/^\/(run\/secrets|var\/run\/secrets|etc\/ssl\/private)(\/|$)/.test(path)) return true;
  if (secretFiles(home).includes(path)) return true;
  return secretFolders(home).some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** Files of a user that hold secrets, beside those folders. */
export function secretFiles(home: string): string[] {
  const names =
    ".netrc .git-credentials .npmrc .pypirc .pgpass .my.cnf .vault-token .bash_history .zsh_history .env".split(" ");
  return names.map((name) => `${home}/${name}`);
}

/** Folders of a user in which secrets lie. */
export function secretFolders(home: string): string[] {
  return FOLDERS.map((folder) => `${home}/${folder}`);
}

const TELLS =
  /\bgpg\b.*--export-secret|auth (token|print-|export)|print-access-token|print-identity-token|get-session-token|export-credentials|\b(get|access|read|show|find|dump)[- ]?(secret|password|generic-password|keychain|credential)|\b(pass|op|bw|vault|lpass|secret-tool) (show|get|read|kv|item|lookup|list)|\bsecrets? (get|list|versions access|view)|config view.*--raw|credential fill|\bget secrets?\b/;

/** Whether a command prints secrets: of a key ring, a vault, or a login. */
export function printsSecrets({ name, args }: { name: string; args: readonly { text: string }[] }): boolean {
  return TELLS.test([name, ...args.map((arg) => arg.text)].join(" "));
}

/** A variable whose value is a secret, by its name. */
export function isSecretName(name: string): boolean {
  return /(^|_)(API_?KEY|ACCESS_?KEY(_ID)?|SECRET(S|_KEY)?|TOKENS?|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_?KEY|AUTH|PAT|KEY)($|_)/i.test(
    name,
  );
}

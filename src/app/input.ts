export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line said, as text. */
export type Flags = {
  model?: string;
  provider?: string;
  baseUrl?: string;
  apiKey?: string;
  cwd?: string;
  permissionMode?: string;
  yolo?: boolean;
  maxTurns?: string;
  maxCost?: string;
  timeout?: string;
  system?: string;
  appendSystem?: string;
  tools?: string;
  outputSchema?: string;
  allow?: string[];
  deny?: string[];
  trust?: boolean;
  /** `--no-memory` is false. */
  memory?: boolean;
  /** `--no-verify` is false, `--verify` true. */
  verify?: boolean;
  /** `--no-sandbox` is false, `--sandbox` true. */
  sandbox?: boolean;
};

/** Where the process stands: what only the front end may ask of it. */
export type Machine = {
  env: Environment;
  cwd: string;
  homedir: string;
  /** Where the administrator's settings are. */
  policy?: string;
};

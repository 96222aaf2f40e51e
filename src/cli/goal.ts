import { assemble, type Ground, type Opened, type Resume } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { readGoal } from "../app/goal-file.js";
import { initGoal } from "../app/goal-project.js";
import { type GoalWork, goalWork } from "../app/goal-work.js";
import { resumed } from "../app/resumed.js";
import { savedSession } from "../app/saved-session.js";
import { UsageError } from "../app/usage-error.js";
import { last } from "../core/fold.js";
import { run } from "../core/loop.js";
import { text } from "../core/message.js";
import { contractFrom } from "../goals/logged.js";
import { endIn, endOf, GOAL } from "../goals/master.js";
import type { Baseline } from "../goals/progress.js";
import type { Contract } from "../goals/types.js";
import { lastSaid } from "../store/session-last.js";
import { listSessions } from "../store/session-list.js";
import type { RunFlags } from "./asked.js";
import type { GoalOptions } from "./goal-args.js";
import { type Board, boardFor, boardOf } from "./goal-board.js";
import { finish, lookOn, type Output } from "./goal-output.js";
import { haltOf, isBegun, notBegun, unableWords, watching, wordsFor } from "./goal-rounds.js";
import { type Interrupts, interrupts } from "./interrupts.js";
import { noModel } from "./no-model.js";
import { refuseRunFlags } from "./not-with.js";
import { leaveNow, refuse } from "./one-shot.js";
import { colours, write } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { summarise } from "./summary.js";

export type GoalFlags = RunFlags & GoalOptions;

/** Sessions among which the newest open goal is looked for. */
const LOOKED_AT = 50;

/** `nanocoder goal`: works until every criterion is proved, and gives the exit code. */
export async function goalCommand(flags: GoalFlags, words: readonly string[]): Promise<number> {
  if (words[0] === "init") return init(flags, words.slice(1));
  checkFlags(flags, words);
  const notices: string[] = [];
  const begun = await begin(flags, words, (line) => notices.push(line));
  if (begun.config.choice === undefined && begun.config.gateway === undefined) throw new UsageError(await noModel());
  const stop = interrupts(begun.config.timeout, (cause) => void leaveNow(cause));
  const human = progress(process.stderr, colours(process.stderr));
  for (const line of notices) human.note(line);
  try {
    return await opened({ ...begun, flags, stop, human });
  } finally {
    human.end();
    stop.end();
  }
}

type Begun = { config: Config; resume: Resume; contract: Contract };
type Wish = Begun & { flags: GoalFlags; stop: Interrupts; human: Progress };

function checkFlags(flags: GoalFlags, words: readonly string[]): void {
  const { resume } = flags;
  refuseRunFlags("goal", flags);
  if (resume === undefined) return;
  if (words.length > 0) throw new UsageError("goal: give either a goal, or --resume [ID] to go on with one.");
  const agreed = agreedFlag(flags);
  if (agreed !== undefined)
    throw new UsageError(
      `goal --resume: ${agreed} does not go with it: a goal that was begun stays as it was agreed. Begin a new one, or leave it out.`,
    );
}

// a flag that says what a goal is
function agreedFlag({
  criteria,
  protect,
  include,
  maxIterations,
  stable,
  clean,
  judge,
}: GoalFlags): string | undefined {
  if (criteria.length > 0) return "--criterion or --check";
  const said = {
    ...{ "--protect": protect, "--include": include, "--max-iterations": maxIterations },
    ...{ "--stable": stable, "--clean": clean, "--judge": judge },
  };
  return Object.entries(said).find(([, value]) => value !== undefined)?.[0];
}

async function init(flags: GoalFlags, [file, ...more]: readonly string[]): Promise<number> {
  if (more.length > 0) throw new UsageError("goal init: name one file at most, such as goal.yaml.");
  const { cwd } = await readConfig(flags, thisMachine());
  const { path, text: draft } = await initGoal(
    { cwd, ...(file !== undefined && { file }) },
    new AbortController().signal,
  );
  await write(process.stdout, draft, () => undefined);
  await write(
    process.stderr,
    `Drafted ${path}: say in it what is to be done, then run nanocoder goal.\n`,
    () => undefined,
  );
  return 0;
}

async function begin(flags: GoalFlags, words: readonly string[], notice: (line: string) => void): Promise<Begun> {
  const machine = thisMachine();
  const here = await readConfig(flags, machine);
  if (flags.resume !== undefined) {
    const id = flags.resume === true ? newestOpen(here) : flags.resume;
    const contract = contractFrom(lastSaid(savedSession(here, id).path, [GOAL.contract]).states[GOAL.contract]);
    if (!contract) throw new UsageError(`The session ${id} has no goal. See nanocoder sessions.`);
    const { config, resume } = await resumed({ flags, machine, resume: { id }, notice });
    return { config: limited(config, contract, flags), resume, contract };
  }
  const asked = words.length === 0 ? undefined : words.join(" ");
  const contract = await readGoal(asked, flags, here.cwd);
  return { config: limited(here, contract, flags), resume: {}, contract };
}

// a goal's limits are those of its one run; what was typed now goes before them. It has checks of its own
function limited(config: Config, { limits }: Contract, flags: GoalFlags): Config {
  const { maxTurns, maxCost, timeout } = limits;
  return {
    ...config,
    verify: { ...config.verify, enabled: flags.verify ?? false },
    ...(flags.maxTurns === undefined && maxTurns !== undefined && { maxTurns }),
    ...(flags.maxCost === undefined && maxCost !== undefined && { maxCost }),
    ...(flags.timeout === undefined && timeout !== undefined && { timeout }),
  };
}

function newestOpen({ home, cwd }: Config): string {
  const { sessions } = listSessions(home, { cwd, limit: LOOKED_AT });
  const open = sessions.find(({ path }) => {
    const { states } = lastSaid(path, [GOAL.contract, GOAL.outcome]);
    return contractFrom(states[GOAL.contract]) !== undefined && endOf(states[GOAL.outcome]) === undefined;
  });
  if (open) return open.id;
  throw new UsageError(`goal --resume: there is no goal of ${cwd} that is not over. See nanocoder sessions.`);
}

async function opened(wish: Wish): Promise<number> {
  const { config, resume, contract, human } = wish;
  let work: GoalWork | undefined;
  const plugins = async (ground: Ground) => {
    work = await goalWork(contract, ground, config.home);
    return [work.plugin];
  };
  const made = await assemble(config, resume, { ask: refuse, notice: human.note, plugins });
  try {
    if (work === undefined) throw new Error("The goal was not taken up.");
    return await worked({ ...wish, made, work });
  } finally {
    await made.close();
  }
}

type Job = Wish & { made: Opened; work: GoalWork };

async function worked(job: Job): Promise<number> {
  const { made, work, contract, human, stop } = job;
  const { log } = made.agent;
  const first = log.events.length;
  const out = lookOn(job.flags, job);
  if (endIn(log.events) === undefined) {
    const board = boardFor(contract, log.events);
    human.board(board.lines);
    const found = await work.baseline(stop.signal, (words) => {
      board.doing(words);
      human.note(`goal: ${words}`);
    });
    board.doing("");
    if (!stop.signal.aborted) await rounds(job, { found, board, out });
  }
  human.end();
  const summary = summarise(log.events.slice(first), stop.cause);
  const result = await work.result(haltOf(last(log.events, "ended"), stop.cause));
  return finish({ config: job.config, flags: job.flags, human, made, stop, summary, result });
}

type Watching = { found: Baseline; board: Board; out: Output };

async function rounds({ made, contract, flags, human, stop }: Job, { found, board, out }: Watching): Promise<void> {
  const { agent } = made;
  const unable = flags.force || isBegun(agent.log.events) ? undefined : unableWords(contract, found);
  if (unable !== undefined) {
    notBegun(agent.log);
    throw new UsageError(`${unable}\nMend the goal, or begin all the same with --force.`);
  }
  const words = wordsFor(contract, agent.log.events);
  if (words !== undefined) agent.inbox.post({ parts: [text(words)], from: "user" });
  const watch = watching(board, () => {
    for (const line of boardOf(contract, agent.log.events)) human.note(line);
  });
  for await (const item of run(agent, stop.signal)) {
    watch(item);
    human.see(item);
    out.see(item);
  }
}

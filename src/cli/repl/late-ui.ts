import type { FrontEnd, Said } from "./port.js";

/** A front end that is made, and takes the terminal, with the first thing to be shown or asked there. */
export function lateUi(make: () => FrontEnd): FrontEnd {
  let made: FrontEnd | undefined;
  const waiting: Said[] = [];
  const ui = () => {
    if (made === undefined) {
      made = make();
      for (const said of waiting.splice(0)) made.say(said);
    }
    return made;
  };
  return {
    see: (item) => ui().see(item),
    recount: (events) => ui().recount(events),
    ask: (question, asking) => ui().ask(question, asking),
    choose: (choice) => ui().choose(choice),
    fill: (field) => ui().fill(field),
    busy: (what) => ui().busy(what),
    board: (lines) => ui().board(lines),
    refresh: () => made?.refresh(),
    put: (words) => ui().put(words),
    edit: (words) => ui().edit(words),
    transcript: (events) => ui().transcript(events),
    ring: (words) => ui().ring(words),
    say(said) {
      if (made === undefined) waiting.push(said);
      else made.say(said);
    },
    close: () => made?.close(),
    ready: () => made?.ready(),
    interrupted: () => made?.interrupted() ?? false,
    dismiss: async () => made?.dismiss(),
  };
}

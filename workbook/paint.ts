import { Chalk } from "chalk";

/** Colours for the terminal; none where there is no terminal, or where NO_COLOR asks for none. */
export const paint = process.env.NO_COLOR ? new Chalk({ level: 0 }) : new Chalk();

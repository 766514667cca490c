import { emitKeypressEvents, type Key } from "node:readline";

/** A terminal that is read key by key. */
export interface Keyboard {
  /** Give the terminal back to whoever reads it by lines. */
  close(): void;
}

/**
 * Read single keys from the terminal.
 *
 * @param press called with each key: its letter or digit, or its name as in `return` and `ctrl-c`
 * @param gone called when the terminal has gone away
 */
export function openKeyboard(press: (key: string) => void, gone: () => void): Keyboard {
  const { stdin } = process;
  const onKeypress = (text: string | undefined, { name, ctrl }: Key) => {
    if (ctrl) press(`ctrl-${name}`);
    else press(/^\w$/.test(text ?? "") ? (text ?? "").toLowerCase() : (name ?? ""));
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on("keypress", onKeypress);
  stdin.once("end", gone);
  stdin.resume();
  return {
    close: () => {
      stdin.off("keypress", onKeypress);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

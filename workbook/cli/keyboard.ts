import { emitKeypressEvents, type Key } from "node:readline";

/** Calls `press` with each key: its letter, or its name as in `return`, `backspace`, `ctrl-c`. */
export interface Keyboard {
  /** Give the terminal back to whoever reads it by lines. */
  close(): void;
}

/** Read single keys from the terminal. `gone` is called when there is none any more. */
export function openKeyboard(press: (key: string) => void, gone: () => void): Keyboard {
  const { stdin } = process;
  const onKeypress = (text: string | undefined, { name, ctrl }: Key) => {
    if (ctrl) press(`ctrl-${name}`);
    else press(/^[\w?]$/.test(text ?? "") ? (text ?? "").toLowerCase() : (name ?? ""));
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

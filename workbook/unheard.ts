/** From here on the process ends quietly when whoever reads what it prints has gone, as `| head` does. */
export function endWhenUnheard(exit: (code: number) => void = process.exit): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // As a program ends that knows nothing of SIGPIPE.
    exit(141);
  });
}

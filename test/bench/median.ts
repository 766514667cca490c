export function median(values: readonly number[]): number {
  const sorted = inOrder(values);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}

/** What 95 of a hundred values do not exceed. */
export function percentile95(values: readonly number[]): number {
  return inOrder(values)[Math.ceil(values.length * 0.95) - 1] ?? 0;
}

function inOrder(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

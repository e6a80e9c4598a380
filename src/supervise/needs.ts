/** Who needs whom: cycles, and the order in which to stop. */

/** A cycle among `needs` that begins and ends with the same name, or undefined. Names that need nothing may be missing. */
export function findCycle(needs: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (done.has(name)) return undefined;
    for (const next of needs.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of needs.keys()) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** All cycles, found by leaving out the services on those found before. */
export function findCycles(needs: ReadonlyMap<string, readonly string[]>): string[][] {
  const rest = new Map(needs);
  const found: string[][] = [];
  for (let cycle = findCycle(rest); cycle; cycle = findCycle(rest)) {
    found.push(cycle);
    for (const name of cycle) rest.delete(name);
  }
  return found;
}

/** What a link carries, without the two ids. */
export type LinkData = Readonly<Record<string, unknown>>;

/** The links of one relation, found from both ends. */
export class LinkStore {
  readonly #children = new Map<number, Map<number, LinkData>>();
  readonly #parents = new Map<number, Set<number>>();

  get(parent: number, child: number): LinkData | undefined {
    return this.#children.get(parent)?.get(child);
  }

  set(parent: number, child: number, data: LinkData): void {
    let children = this.#children.get(parent);
    if (!children) this.#children.set(parent, (children = new Map()));
    children.set(child, data);
    let parents = this.#parents.get(child);
    if (!parents) this.#parents.set(child, (parents = new Set()));
    parents.add(parent);
  }

  delete(parent: number, child: number): boolean {
    const children = this.#children.get(parent);
    if (!children?.delete(child)) return false;
    if (children.size === 0) this.#children.delete(parent);
    const parents = this.#parents.get(child);
    parents?.delete(parent);
    if (parents?.size === 0) this.#parents.delete(child);
    return true;
  }

  /** Ids of the children of a parent. */
  children(parent: number): Iterable<number> {
    return this.#children.get(parent)?.keys() ?? [];
  }

  childCount(parent: number): number {
    return this.#children.get(parent)?.size ?? 0;
  }

  /** Ids of the parents of a child. */
  parents(child: number): Iterable<number> {
    return this.#parents.get(child) ?? [];
  }

  parentCount(child: number): number {
    return this.#parents.get(child)?.size ?? 0;
  }
}

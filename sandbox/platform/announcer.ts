import type { Token } from '../account/token';
import type { Assumptions } from '../assumptions';
import type { Entity, Item } from './item';
import type { LinkData } from './link-store';
import type { Logs } from './logs';
import { lastPart, type Relation } from './relations';
import type { Topics } from './topics';

/** What can happen to an item or a link; the last level of the log's topic. */
export type WriteEvent = 'created' | 'updated' | 'deleted';

/** Tells of writes: the states of links, and the log records of items and links, stored and on their topics. */
export class Announcer {
  readonly #topics: Topics;
  readonly #logs: Logs;
  readonly #codes: Assumptions['itemEvents'];
  readonly #now: () => number;

  constructor(topics: Topics, logs: Logs, codes: Assumptions['itemEvents'], now: () => number) {
    this.#topics = topics;
    this.#logs = logs;
    this.#codes = codes;
    this.#now = now;
  }

  itemEvent(
    entity: Entity,
    event: WriteEvent,
    item: Item,
    detail: Record<string, unknown>,
    actor: Token | undefined,
  ): void {
    const record = {
      event_code: this.#codes[event],
      origin_type: entity.originType,
      origin_id: item.id,
      cid: item.cid,
      timestamp: this.#now(),
      ...(actor && { token_id: actor.id }),
      ...detail,
    };
    this.#logs.add(entity.path, item.id, record);
    this.#topics.log(`${entity.path}/${item.id}`, event, item.cid, record);
  }

  /** The state of a link: both ids and what it carries. */
  link(relation: Relation, parent: Item, childId: number, data: LinkData): void {
    const value = { [relation.parentKey]: parent.id, [relation.childKey]: childId, ...data };
    this.#topics.state(linkTopic(relation, parent.id, childId), parent.cid, value);
  }

  linkEvent(relation: Relation, event: WriteEvent, parent: Item, childId: number): void {
    const record = {
      event_code: this.#codes[event],
      origin_type: relation.originType ?? relation.parent.originType,
      origin_id: parent.id,
      item_type: relation.child.originType,
      item_id: childId,
      cid: parent.cid,
      timestamp: this.#now(),
    };
    this.#logs.add(relation.parent.path, parent.id, record);
    this.#topics.log(linkTopic(relation, parent.id, childId), event, parent.cid, record);
  }
}

/** An item as topics and logs show it: the fields of its plain answer, without secrets. */
export function publicItem({ fields }: Entity, item: Item): Item {
  const shown = {} as Item;
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (field?.onRequest || field?.secret || item[name] === undefined) continue;
    shown[name] = item[name];
  }
  return shown;
}

/** `gw/groups/1/devices/2`, below `flespi/state/` and `flespi/log/`. */
export function linkTopic({ parent, child }: Relation, parentId: number, childId: number): string {
  return `${parent.path}/${parentId}/${lastPart(child.path)}/${childId}`;
}

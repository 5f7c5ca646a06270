import type { PlaceText, TopicParts } from '../protocol/topic-parts.ts';
import { buildTopic, isPlace, parseTopic } from '../protocol/topic.ts';
import { fill, recognise, topicDirectory, type TopicEntry } from './topic-directory.mts';

/** What the builder's inputs hold; texts, because people are still typing. */
export interface TopicModel {
  /** Nothing: a topic of one's own, in `path`. */
  entry: TopicEntry | undefined;
  values: string[];
  path: string;
  cid: string;
  since: string;
  payload: string;
  message: string;
  group: string;
  /** Sticky sharing: empty for none. */
  stickyCount: string;
  /** Empty: counted from the first level. */
  stickyFrom: string;
}

export const newModel = (): TopicModel => ({
  entry: topicDirectory[0],
  values: [],
  path: '',
  cid: '',
  since: '',
  payload: '',
  message: '',
  group: '',
  stickyCount: '',
  stickyFrom: '',
});

/** Takes a topic apart. Throws FlespiError for what is none. */
export function modelOf(topic: string): TopicModel {
  const { share, filter = {}, levels } = parseTopic(topic);
  const known = recognise(levels);
  return {
    entry: known?.entry,
    values: (known?.values ?? []).map((value) => (value === '+' ? '' : value)),
    path: levels.join('/'),
    cid: shown(filter.cid),
    since: shown(filter.modifiedSince),
    payload: filter.payload ?? '',
    message: filter.message ?? '',
    group: share?.group ?? '',
    stickyCount: shown(share?.sticky?.count),
    stickyFrom: shown(share?.sticky?.from),
  };
}

const shown = (value: number | string | undefined): string => (value === undefined ? '' : String(value));

/** The exact topic. Throws FlespiError for what cannot be one, an expression's mistake with its column among them. */
export function topicOf(model: TopicModel): string {
  return buildTopic(partsOf(model));
}

/**
 * The same without judging it: what is saved while something is wrong, so that nothing typed is lost and the node is marked
 * invalid.
 */
export function draftOf(model: TopicModel): string {
  const { share, filter = {}, levels } = partsOf(model);
  const conditions = [
    ...(filter.payload === undefined ? [] : [`payload=${encodeURIComponent(filter.payload)}`]),
    ...(filter.message === undefined ? [] : [`message=${encodeURIComponent(filter.message)}`]),
    ...(filter.modifiedSince === undefined ? [] : [`modified_since=${model.since}`]),
    ...(filter.cid === undefined ? [] : [`cid=${model.cid}`]),
  ];
  return [
    ...(share
      ? ['$share', [model.group, model.stickyFrom, model.stickyCount].filter((part) => part !== '').join(':')]
      : []),
    ...(conditions.length > 0 ? ['$filter', conditions.join('&')] : []),
    ...levels,
  ].join('/');
}

function partsOf(model: TopicModel): TopicParts {
  const filter = {
    ...(model.payload.trim() === '' ? {} : { payload: model.payload.trim() }),
    ...(model.message.trim() === '' ? {} : { message: model.message.trim() }),
    ...(model.since.trim() === '' ? {} : { modifiedSince: secondsOf(model.since.trim()) }),
    ...(model.cid.trim() === '' ? {} : { cid: isPlace(model.cid) ? model.cid : Number(model.cid) }),
  };
  const sticky = model.stickyCount.trim() === '' ? undefined : stickyOf(model);
  return {
    ...(model.group.trim() === '' ? {} : { share: { group: model.group.trim(), ...(sticky ? { sticky } : {}) } }),
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
    levels: model.entry ? fill(model.entry, model.values) : model.path.trim().split('/'),
  };
}

/** Unix seconds, or a date as people write it where times are sorted: `2026-01-31`, `2026-01-31T08:00:00Z`. */
const secondsOf = (time: string): number | PlaceText =>
  isPlace(time) ? time : /^\d{4}-\d/.test(time) ? Date.parse(time) / 1000 : Number(time);

const stickyOf = ({ stickyCount, stickyFrom }: TopicModel): { from?: number; count: number } => ({
  count: Number(stickyCount),
  ...(stickyFrom.trim() === '' ? {} : { from: Number(stickyFrom) }),
});

/**
 * Topics as flespi's broker understands them, in both directions: built from parts for the wire, and taken apart again when
 * somebody pastes one. Pure: the dialogs run it in the browser.
 */
export type { TopicFilter, TopicParts, TopicShare } from './topic-parts';
export { buildTopic } from './topic-build';
export { parseTopic } from './topic-parse';
export { checkTopic, checkTopicName } from './topic-check';
export { fillPlaces, isPlace, needsMessage, placesOf, withStandIns, type TopicPlace } from './topic-places';

import assert from 'node:assert/strict';
import { knownSubscriptions } from '../../nodes/protocol/known-subscriptions';

describe('knownSubscriptions', () => {
  it('reads the list that flespi gives with CONNACK', () => {
    const text = '[{"topic":"a","qos":1,"no_local":false,"subscription_id":7},{"topic":"b"}]';
    assert.deepEqual(
      knownSubscriptions(text)?.map(({ topic, qos, subscription_id: id }) => [topic, qos, id]),
      [
        ['a', 1, 7],
        ['b', undefined, undefined],
      ],
    );
    assert.deepEqual(knownSubscriptions('[]'), []);
  });

  for (const text of [undefined, '', '{', '{}', 'null', '"a"', ['[]', '[]']]) {
    it(`takes ${JSON.stringify(text)} for no list`, () => assert.equal(knownSubscriptions(text), undefined));
  }

  it('leaves out what is no subscription', () => {
    assert.deepEqual(knownSubscriptions('[null,1,{"qos":1},{"topic":5},{"topic":"a"}]'), [{ topic: 'a' }]);
  });
});

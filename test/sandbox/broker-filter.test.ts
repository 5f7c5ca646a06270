import assert from 'node:assert/strict';
import { Message } from '../../sandbox/broker/message';
import type { Publication } from '../../sandbox/broker/publication';
import { parseSubscriptionTopic } from '../../sandbox/broker/subscription';
import { startBench } from './broker-setup';

const now = (): number => 1_700_000_100;

function passes(spec: string, publication: Partial<Publication>): boolean {
  const parsed = parseSubscriptionTopic(`$filter/${spec}/#`, { now, topicLevels: 100 });
  assert.ok(parsed, `${spec} is no filter`);
  const message = new Message({
    topic: 'a/b',
    payload: Buffer.from(''),
    qos: 0,
    retain: false,
    cid: 1,
    timestamp: 1_700_000_000,
    userProperties: {},
    ...publication,
  });
  return parsed.conditions.every((condition) => condition(message));
}

const payload = (text: string): Partial<Publication> => ({ payload: Buffer.from(text) });
const encode = encodeURIComponent;

describe('broker: $filter', () => {
  const cases: [string, Partial<Publication>, boolean][] = [
    ['cid=123', { cid: 123 }, true],
    ['cid=123', { cid: 12 }, false],
    ['cid=%31%32%33', { cid: 123 }, true],
    ['modified_since=1700000000', {}, true],
    ['modified_since=1700000000.5', {}, false],
    ['modified_since>1700000000', {}, false],
    ['modified_since>1699999999', {}, true],
    ['modified_since=1700000001', {}, false],
    // "flespi API basics"
    ['payload=tonumber%28payload%29%3E14', payload('14.2'), true],
    ['payload=tonumber%28payload%29%3E14', payload('14'), false],
    ['payload=tonumber%28payload%29%3E14', payload('warm'), false],
    [
      'message=(topics%5B1%5D%3D%3D%22kitchen%22%7C%7Ctopics%5B1%5D%3D%3D%22hall%22)%26%26tonumber(%22payload%22)%3C20',
      { topic: 'temperature/kitchen', ...payload('19') },
      true,
    ],
    [
      'message=(topics%5B1%5D%3D%3D%22kitchen%22%7C%7Ctopics%5B1%5D%3D%3D%22hall%22)%26%26tonumber(%22payload%22)%3C20',
      { topic: 'temperature/hall', ...payload('20') },
      false,
    ],
    [
      'message=(topics%5B1%5D%3D%3D%22kitchen%22%7C%7Ctopics%5B1%5D%3D%3D%22hall%22)%26%26tonumber(%22payload%22)%3C20',
      { topic: 'temperature/bedroom', ...payload('1') },
      false,
    ],
    // reference
    ['payload=position.speed%3E60', payload('{"position.speed":61}'), true],
    ['payload=position.speed%3E60', payload('{"position.speed":60}'), false],
    ['payload=position.speed%3E60', payload('{"other":61}'), false],
    ['payload=position.speed%3E60', payload('{"position.speed":61'), false],
    ['payload=position.speed%3E60', payload('[1,2]'), false],
    ['payload=position.speed%3E60', payload(''), false],
    [`payload=${encode('$position.speed==null')}`, payload('{}'), true],
    [`payload=${encode('payload=="stop"')}`, payload('stop'), true],
    [`payload=${encode('payload~"st*"')}`, payload('start'), true],
    ['message=cid%3D%3D123%26%26tonumber(payload)%3E10', { cid: 123, ...payload('11') }, true],
    ['message=cid%3D%3D123%26%26tonumber(payload)%3E10', { cid: 12, ...payload('11') }, false],
    [`message=${encode('timestamp>now()-200')}`, {}, true],
    [`message=${encode('timestamp>now()-50')}`, {}, false],
    [`message=${encode('topic=="a/b"')}`, {}, true],
    [`message=${encode('user_properties["kind"]=="alarm"')}`, { userProperties: { kind: 'alarm' } }, true],
    [`message=${encode('user_properties["kind"]=="alarm"')}`, {}, false],
    // joined by a raw &
    ['cid=1&payload=payload%3D%3D%22x%22', payload('x'), true],
    ['cid=2&payload=payload%3D%3D%22x%22', payload('x'), false],
    ['payload=payload%3D%3D%22x%22&cid=1&modified_since>1', payload('x'), true],
    ['payload=a%3D%3D1&payload=b%3D%3D2', payload('{"a":1,"b":2}'), true],
    ['payload=a%3D%3D1&payload=b%3D%3D2', payload('{"a":1,"b":3}'), false],
    // decoded once
    [`payload=${encode('payload=="50%25"')}`, payload('50%25'), true],
    [`payload=${encode('payload=="50%25"')}`, payload('50%'), false],
    // data that looks like code
    ['payload=constructor', payload('{"a":1}'), false],
    ['payload=__proto__', payload('{"a":1}'), false],
    ['payload=a', payload(`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), true],
  ];
  for (const [spec, publication, expected] of cases) {
    it(`${spec.slice(0, 90)} on ${JSON.stringify({ ...publication, payload: publication.payload?.toString().slice(0, 40) })}: ${expected}`, () => {
      assert.equal(passes(spec, publication), expected);
    });
  }

  it('applies to live, retained and queued messages alike', async () => {
    const bench = await startBench();
    try {
      const session = { clientId: 'f', clean: false, properties: { sessionExpiryInterval: 100 } };
      const publish = (text: string, retain = false): void =>
        bench.broker.publish({ topic: `t/${text}`, cid: 1, payload: text, retain });
      publish('1', true);
      publish('30', true);
      const client = await bench.raw(session);
      await client.nextOf('connack');
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: '$filter/payload=tonumber(payload)%3E14/t/+', qos: 1, nl: false, rap: false, rh: 0 }],
      });
      await client.nextOf('suback');
      publish('2');
      publish('40');
      const live = await client.settled();
      client.send({ cmd: 'disconnect', reasonCode: 0 });
      await client.closed;
      publish('3');
      publish('50');
      const again = await bench.raw(session);
      await again.nextOf('connack');
      const queued = await again.settled();
      const texts = [...live, ...queued].map((packet) => [
        packet.cmd === 'publish' && String(packet.payload),
        packet.cmd === 'publish' && packet.dup,
      ]);
      assert.deepEqual(texts, [
        ['30', false],
        ['40', false],
        ['30', true],
        ['40', true],
        ['50', false],
      ]);
    } finally {
      await bench.close();
    }
  });
});

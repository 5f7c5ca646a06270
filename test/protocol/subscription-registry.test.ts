import assert from 'node:assert/strict';
import { MqttConnection, type MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import type { Subscription, SubscriptionRequest } from '../../nodes/protocol/subscription';
import { withCid } from '../../nodes/protocol/subscription-registry';
import { Collector } from '../servers/collector';
import { connack, FakeBroker, identifierOf, suback, type FakeScript } from '../servers/fake-broker';
import { FakeClock } from '../servers/fake-clock';

describe('subscriptions of an MqttConnection', () => {
  let broker: FakeBroker;
  let clock: FakeClock;
  let connection: MqttConnection;

  beforeEach(async () => {
    broker = await FakeBroker.start();
    clock = new FakeClock();
  });
  afterEach(async () => {
    await connection.close();
    await broker.close();
  });

  function start(script: FakeScript = {}, options: Partial<MqttConnectionOptions> = {}): void {
    broker.script = script;
    connection = new MqttConnection({
      url: broker.url,
      token: () => 'token',
      clientId: 'test',
      clock,
      random: () => 0.5,
      grace: 5000,
      ...options,
    });
    connection.acquire();
    void clock.pass(0);
  }

  function listen(
    filter: string,
    request: Partial<SubscriptionRequest> = {},
    collector = new Collector(),
  ): Collector & { subscription: Subscription } {
    const subscription = connection.subscribe({ filter, qos: 0, ...request }, collector);
    return Object.assign(collector, { subscription });
  }

  const filters = (): string[] => broker.of('subscribe').map(({ subscriptions }) => subscriptions[0]?.topic ?? '');
  /** Everything that was sent before has been handled when this settles. */
  const settled = async (): Promise<void> => {
    await connection.publish({ topic: 'mark', payload: '', qos: 1 });
  };
  const lose = async (): Promise<void> => {
    const peers = broker.peers.length;
    broker.last.socket.destroy();
    while (connection.state.kind === 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
    await clock.pass(1000);
    await broker.until(() => broker.peers.length > peers);
  };

  /** Lets the time of every wait for the next attempt pass. */
  const comeBackAtOnce = (): void => {
    connection.onState((state) => {
      if (state.kind === 'waiting') setImmediate(() => void clock.pass(state.retryAt - clock.now()));
    });
  };

  describe('asks the broker', () => {
    it('for one filter in a SUBSCRIBE, each with an identifier of its own', async () => {
      start();
      const all = ['a', 'b', 'c'].map((filter) => listen(filter));
      await Promise.all(all.map((one) => one.is('subscribed')));
      const packets = broker.of('subscribe');
      assert.deepEqual(
        packets.map(({ subscriptions }) => subscriptions.length),
        [1, 1, 1],
      );
      assert.equal(new Set(packets.map(({ properties }) => properties?.subscriptionIdentifier)).size, 3);
    });

    it('once for what several nodes of a deploy want', async () => {
      start();
      const [first, second] = [listen('a/+', { qos: 1 }), listen('a/+', { qos: 0 })];
      await Promise.all([first.is('subscribed'), second.is('subscribed')]);
      assert.deepEqual(filters(), ['a/+']);
      assert.equal(broker.of('subscribe')[0]?.subscriptions[0]?.qos, 1, 'the higher QoS serves both');
      assert.deepEqual(
        [first.latest, second.latest],
        [
          { kind: 'subscribed', qos: 1 },
          { kind: 'subscribed', qos: 0 },
        ],
      );
    });

    it('with the options that were asked for', async () => {
      start();
      await listen('a', { qos: 1, retainHandling: 1, noLocal: true, cid: 42 }).is('subscribed');
      const { subscriptions, properties } = broker.of('subscribe')[0] ?? {};
      assert.deepEqual({ ...subscriptions?.[0] }, { topic: '$filter/cid=42/a', qos: 1, nl: true, rap: false, rh: 1 });
      assert.equal(properties?.userProperties, undefined);
    });

    it('for the same filter in two subaccounts by two filters: the broker has room for one subscription a filter', async () => {
      start();
      const all = [undefined, 1, 2].map((cid) =>
        listen('flespi/message/gw/devices/+', cid === undefined ? {} : { cid }),
      );
      await Promise.all(all.map((one) => one.is('subscribed')));
      const plain = 'flespi/message/gw/devices/+';
      assert.deepEqual(filters(), [plain, `$filter/cid=1/${plain}`, `$filter/cid=2/${plain}`]);
      const same = listen(`$filter/cid=2/${plain}`, { retainHandling: 2 });
      await same.is('subscribed');
      assert.equal(filters().length, 3, 'the same, however it is asked for');
    });

    it('on 3.1.1 for no more than that understands', async () => {
      start({}, { protocolVersion: 4 });
      await listen('a/b', { qos: 1, cid: 7, noLocal: true, retainHandling: 2 }).is('subscribed');
      assert.deepEqual(filters(), ['$filter/cid=7/a/b']);
    });

    it('adds the subaccount to prefixes that are there', () => {
      assert.equal(withCid('a/b', 1), '$filter/cid=1/a/b');
      assert.equal(withCid('$share/g/a', 1), '$share/g/$filter/cid=1/a');
      assert.equal(withCid('$filter/payload=x%3E1/a', 1), '$filter/payload=x%3E1&cid=1/a');
      assert.equal(withCid('$filter/cid=5/a', 1), '$filter/cid=5/a');
      assert.equal(withCid('$share/g:1/$filter/payload=x/a', 1), '$share/g:1/$filter/payload=x&cid=1/a');
    });

    it('never for poison, and says so to the one who asked (S16)', async () => {
      start();
      const bad = ['', '#a', 'a/#/b', 'a\u0000', 'x'.repeat(70_000), '\ud800'].map((filter) => listen(filter));
      const good = listen('a/b');
      await Promise.all([...bad.map((one) => one.is('refused')), good.is('subscribed')]);
      assert.deepEqual(filters(), ['a/b']);
      for (const one of bad) {
        const state = one.latest;
        assert.ok(state?.kind === 'refused' && state.reason.code === 'FLESPI_BAD_TOPIC');
        await one.subscription.close(true);
      }
    });
  });

  describe('hears a no', () => {
    for (const code of [0x80, 0x83, 0x87, 0x8f, 0x97, 0x9e, 0xa1, 0xa2]) {
      it(`SUBACK 0x${code.toString(16)} concerns that subscription only (S1), and is tried again after five minutes`, async () => {
        start({
          subscribe: (peer, packet) => {
            peer.send(suback(packet, packet.subscriptions[0]?.topic === 'secret' ? code : undefined));
          },
        });
        const [refused, fine] = [listen('secret'), listen('open')];
        await Promise.all([refused.is('refused'), fine.is('subscribed')]);
        const state = refused.latest;
        assert.ok(state?.kind === 'refused');
        assert.equal(state.reason.code, 'FLESPI_SUBSCRIBE_REFUSED');
        assert.deepEqual([state.reason.params['reasonCode'], state.reason.params['filter']], [code, 'secret']);
        await clock.pass(299_000);
        await settled();
        assert.deepEqual(filters(), ['secret', 'open']);
        broker.script = {};
        await clock.pass(1000);
        await refused.is('subscribed');
      });
    }

    it('also when a filter is refused after a reconnection (S2)', async () => {
      start();
      const one = listen('a');
      await one.is('subscribed');
      broker.script = { subscribe: (peer, packet) => peer.send(suback(packet, 0x87)) };
      await lose();
      await one.is('refused');
      broker.script = {};
      await lose();
      await one.is('subscribed');
    });

    it('in MQTT 3.1.1', async () => {
      start({ subscribe: (peer, packet) => peer.send(suback(packet, 0x80)) }, { protocolVersion: 4 });
      await listen('a').is('refused');
    });

    it('in a lower QoS than asked: a warning (S3)', async () => {
      start({ subscribe: (peer, packet) => peer.send(suback(packet, 0)) });
      const one = listen('a', { qos: 1 });
      await one.is('subscribed');
      const state = one.latest;
      assert.ok(state?.kind === 'subscribed' && state.qos === 0);
      assert.equal(state.warning?.code, 'FLESPI_QOS_LOWERED');
    });

    it('in silence: after 10 s, and asks again on the next link (S4)', async () => {
      start({ subscribe: () => {} });
      const one = listen('a');
      await broker.until(() => broker.of('subscribe').length === 1);
      await clock.pass(10_000);
      const state = one.latest;
      assert.ok(state?.kind === 'refused' && state.reason.code === 'FLESPI_TIMEOUT');
      broker.script = {};
      await lose();
      await one.is('subscribed');
    });

    it('before asking, where CONNACK says what is not possible (C23)', async () => {
      start({
        connect: (peer) =>
          peer.send(connack(0, { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false })),
      });
      const [wild, shared, plain] = [listen('a/#'), listen('$share/g/a'), listen('a')];
      await Promise.all([wild.is('refused'), shared.is('refused'), plain.is('subscribed')]);
      assert.deepEqual(filters(), ['a']);
    });

    it('as DISCONNECT 143: the one filter that does it is found and set aside, the others live', async () => {
      start({
        subscribe: (peer, packet) => {
          if (packet.subscriptions[0]?.topic === 'bad') peer.disconnect(0x8f);
          else peer.send(suback(packet));
        },
      });
      const [first, bad, last] = [listen('first'), listen('bad'), listen('last')];
      comeBackAtOnce();
      await Promise.all([first.is('subscribed'), bad.is('refused'), last.is('subscribed')]);
      const state = bad.latest;
      assert.ok(state?.kind === 'refused');
      assert.equal(state.reason.params['problem'], 'filter');
      await settled();
      assert.ok(broker.peers.length <= 3, `${broker.peers.length} connections`);
    });

    it('as a closed connection without a word, as brokers of 3.1.1 do: the same', async () => {
      start(
        {
          subscribe: (peer, packet) => {
            if (packet.subscriptions[0]?.topic === 'bad') peer.socket.destroy();
            else peer.send(suback(packet));
          },
        },
        { protocolVersion: 4 },
      );
      const [first, bad, last] = [listen('first'), listen('bad'), listen('last')];
      comeBackAtOnce();
      await bad.is('refused');
      await Promise.all([first.is('subscribed'), last.is('subscribed')]);
      assert.ok(broker.peers.length <= 5, `${broker.peers.length} connections`);
    });
  });

  describe('delivers', () => {
    it('by one identifier, to that subscription alone', async () => {
      start();
      const [wide, narrow] = [listen('a/#'), listen('a/b')];
      await Promise.all([wide.is('subscribed'), narrow.is('subscribed')]);
      const identifier = identifierOf(broker.last, 'a/b');
      broker.last.publish('a/b', '1', { properties: { subscriptionIdentifier: identifier } });
      await narrow.count(1);
      await settled();
      assert.deepEqual(wide.texts, []);
    });

    it('by several identifiers, to each once (S5; core loses those)', async () => {
      start();
      const [wide, narrow] = [listen('a/#'), listen('a/b')];
      await Promise.all([wide.is('subscribed'), narrow.is('subscribed')]);
      const subscriptionIdentifier = [identifierOf(broker.last, 'a/#'), identifierOf(broker.last, 'a/b')];
      broker.last.publish('a/b', '1', { properties: { subscriptionIdentifier } });
      await Promise.all([wide.count(1), narrow.count(1)]);
      await settled();
      assert.deepEqual([wide.texts, narrow.texts], [['1'], ['1']]);
    });

    it('without an identifier, or with an unknown one, by topic (S18)', async () => {
      start();
      const all = ['a/#', '$filter/cid=1/a/b', '$share/g/a/+', 'x,a/b', 'other'].map((filter) => listen(filter));
      await Promise.all(all.map((one) => one.is('subscribed')));
      broker.last.publish('a/b', '1');
      broker.last.publish('a/b', '2', { properties: { subscriptionIdentifier: 7 } });
      await settled();
      assert.deepEqual(
        all.map(({ texts }) => texts.length),
        [2, 2, 2, 2, 0],
      );
    });

    it('once to a node with two topics that overlap, in one copy or in two', async () => {
      start();
      const owner = {};
      const topics = ['a/#', 'a/b', '$filter/cid=1/a/b'];
      const node = topics.map((filter) => listen(filter, {}, new Collector({ owner })));
      await Promise.all(node.map((one) => one.is('subscribed')));
      const identifiers = topics.toReversed().map((filter) => identifierOf(broker.last, filter));
      broker.last.publish('a/b', 'together', { properties: { subscriptionIdentifier: identifiers } });
      for (const identifier of identifiers) {
        broker.last.publish('a/b', 'apart', { properties: { subscriptionIdentifier: identifier } });
      }
      await settled();
      assert.deepEqual(
        node.flatMap(({ texts }) => texts),
        ['together', 'apart'],
      );
    });

    it('to one of the nodes here that are in the same share group, in turn', async () => {
      start();
      const [first, second] = [listen('$share/g/a'), listen('$share/g/a')];
      await Promise.all([first.is('subscribed'), second.is('subscribed')]);
      const identifier = identifierOf(broker.last, '$share/g/a');
      for (let count = 0; count < 10; count += 1) {
        broker.last.publish('a', String(count), { properties: { subscriptionIdentifier: identifier } });
      }
      await settled();
      assert.deepEqual([first.texts.length, second.texts.length], [5, 5]);
    });

    it('to the same node for the same device, in a sticky group', async () => {
      start();
      const filter = '$share/by:1:1/a/+';
      const nodes = [listen(filter), listen(filter), listen(filter)];
      await Promise.all(nodes.map((one) => one.is('subscribed')));
      const identifier = identifierOf(broker.last, filter);
      for (let round = 0; round < 3; round += 1) {
        for (let device = 0; device < 20; device += 1) {
          broker.last.publish(`a/${device}`, String(device), { properties: { subscriptionIdentifier: identifier } });
        }
      }
      await settled();
      assert.equal(nodes.flatMap(({ texts }) => texts).length, 60);
      assert.ok(nodes.every(({ texts }) => texts.length > 0 && texts.length < 60));
      for (const { texts } of nodes)
        for (const text of texts) assert.equal(texts.filter((one) => one === text).length, 3);
    });

    it('what a listener may change at once: no other listener sees it', async () => {
      start();
      const seen: string[] = [];
      const spoil = (): void => {
        connection.subscribe(
          { filter: 'a', qos: 0 },
          {
            message: ({ payload, userProperties = {} }) => {
              seen.push(`${payload.toString()} ${JSON.stringify(userProperties)}`);
              payload.fill(0);
              (userProperties['k'] as string[]).push('3');
              userProperties['l'] = 'x';
            },
          },
        );
      };
      for (let count = 0; count < 3; count += 1) spoil();
      const last = listen('a');
      await last.is('subscribed');
      const properties = { subscriptionIdentifier: identifierOf(broker.last, 'a'), userProperties: { k: ['1', '2'] } };
      broker.last.publish('a', 'text', { properties });
      await settled();
      assert.deepEqual(
        seen,
        Array.from({ length: 3 }, () => 'text {"k":["1","2"]}'),
      );
      assert.equal(last.texts[0], 'text');
    });

    it("user properties of any name and number safely (S17), with flespi's as numbers", async () => {
      start();
      const one = listen('a');
      await one.is('subscribed');
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, 'x']));
      const userProperties = {
        ['__proto__']: 'polluted',
        constructor: 'c',
        timestamp: '1524235334.881058',
        cid: '12',
        ...many,
      };
      broker.last.publish('a', '', {
        properties: { userProperties: Object.assign(Object.create(null), userProperties) },
      });
      broker.last.publish('a', '', { properties: { userProperties: { timestamp: 'soon', cid: ['1', '2'] } } });
      await settled();
      const [first, second] = one.deliveries;
      assert.deepEqual([first?.timestamp, first?.cid], [1_524_235_334.881058, 12]);
      assert.ok(Object.keys(first?.userProperties ?? {}).length <= 256);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      assert.deepEqual([second?.timestamp, second?.cid], [undefined, undefined]);
    });

    it('although a listener throws: to the others, with its acknowledgement', async () => {
      start();
      const bad = { message: () => assert.fail('a mistake in a node'), state: () => assert.fail('another') };
      connection.subscribe({ filter: 'a', qos: 1 }, bad);
      const good = listen('a', { qos: 1 });
      await good.is('subscribed');
      broker.last.publish('a', '1', { qos: 1, messageId: 3 });
      await broker.until(() => broker.of('puback').length === 1);
      assert.deepEqual(good.texts, ['1']);
      assert.equal(connection.state.kind, 'connected');
    });

    it('nothing after close, and tells the broker when it was the last (S6)', async () => {
      start();
      const [first, second] = [listen('a'), listen('a')];
      await Promise.all([first.is('subscribed'), second.is('subscribed')]);
      await first.subscription.close(true);
      assert.deepEqual(broker.of('unsubscribe'), []);
      broker.last.publish('a', '1');
      await settled();
      await second.subscription.close(true);
      assert.deepEqual(broker.of('unsubscribe')[0]?.unsubscriptions, ['a']);
      broker.last.publish('a', '2');
      await settled();
      assert.deepEqual([first.texts, second.texts], [[], ['1']]);
    });

    it('acknowledges what nobody wants: it would come for ever', async () => {
      start();
      await listen('a').is('subscribed');
      broker.last.publish('z', '1', { qos: 1, messageId: 9 });
      await broker.until(() => broker.of('puback').length === 1);
    });

    it('acknowledges many in one write', async () => {
      start();
      const one = listen('a', { qos: 1 });
      await one.is('subscribed');
      let writes = 0;
      broker.last.socket.on('data', () => (writes += 1));
      const packets = Array.from({ length: 500 }, (_, index) => index + 1);
      broker.last.socket.cork();
      for (const messageId of packets) broker.last.publish('a', 'x', { qos: 1, messageId });
      broker.last.socket.uncork();
      await broker.until(() => broker.of('puback').length === 500);
      assert.deepEqual(
        broker.of('puback').map(({ messageId }) => messageId),
        packets,
        'in order',
      );
      assert.ok(writes < 50, `${writes} writes`);
    });
  });

  describe('retained values', () => {
    const retained = (topic: string, payload: string, identifier: number): void => {
      broker.last.publish(topic, payload, { retain: true, properties: { subscriptionIdentifier: identifier } });
    };

    it('reach a node that joins later, and not again those that had them (S5)', async () => {
      start();
      const first = listen('a/+');
      await first.is('subscribed');
      const one = identifierOf(broker.last, 'a/+');
      retained('a/1', 'r1', one);
      await first.count(1);
      const second = listen('a/+');
      await second.is('subscribed');
      const two = identifierOf(broker.last, 'a/+');
      assert.notEqual(one, two, 'another identifier: what comes of this SUBSCRIBE can be told apart');
      assert.equal(broker.of('subscribe').at(-1)?.subscriptions[0]?.rh, 0);
      retained('a/1', 'r1', two);
      // Of the first SUBSCRIBE, still on the way.
      retained('a/2', 'late', one);
      broker.last.publish('a/1', 'live', { properties: { subscriptionIdentifier: two } });
      broker.last.publish('a/1', 'live, old identifier', { properties: { subscriptionIdentifier: one } });
      await settled();
      assert.deepEqual(first.texts, ['r1', 'late', 'live', 'live, old identifier']);
      assert.deepEqual(second.texts, ['r1', 'live', 'live, old identifier']);
    });

    it('reach nobody who does not want them', async () => {
      start();
      const [wants, wantsNot] = [listen('a'), listen('a', { retainHandling: 2 })];
      await Promise.all([wants.is('subscribed'), wantsNot.is('subscribed')]);
      retained('a', 'r', identifierOf(broker.last, 'a'));
      await settled();
      assert.deepEqual([wants.texts, wantsNot.texts], [['r'], []]);
      const later = listen('a', { retainHandling: 2 });
      await later.is('subscribed');
      assert.equal(broker.of('subscribe').length, 1, 'nothing to ask for');
    });

    it('on MQTT 3.1.1, where nothing tells them apart but time, reach the newcomer and not the old', async () => {
      start({}, { protocolVersion: 4 });
      const first = listen('a/#');
      await first.is('subscribed');
      broker.last.publish('a/1', 'r', { retain: true });
      await first.count(1);
      await clock.pass(3000);
      const [second, third] = [listen('a/#'), listen('a/1')];
      await Promise.all([second.is('subscribed'), third.is('subscribed')]);
      broker.last.publish('a/1', 'r', { retain: true });
      broker.last.publish('a/1', 'r', { retain: true });
      broker.last.publish('a/1', 'live');
      await settled();
      assert.deepEqual(
        [first.texts, second.texts, third.texts],
        [
          ['r', 'live'],
          ['r', 'live'],
          ['r', 'live'],
        ],
      );
    });

    it('do not come again with a redeploy, and no message between is lost', async () => {
      start();
      const before = listen('a', { qos: 1 }, new Collector({ name: 'node-1' }));
      await before.is('subscribed');
      await before.subscription.close(false);
      broker.last.publish('a', 'meanwhile', {
        qos: 1,
        messageId: 1,
        properties: { subscriptionIdentifier: identifierOf(broker.last, 'a') },
      });
      broker.last.publish('a', 'meanwhile, QoS 0', {
        properties: { subscriptionIdentifier: identifierOf(broker.last, 'a') },
      });
      await settled();
      assert.deepEqual(broker.of('puback'), [], 'kept by the broker too, until somebody has it');
      const after = listen('a', { qos: 1 }, new Collector({ name: 'node-1' }));
      await after.count(2);
      await after.is('subscribed');
      await clock.pass(10_000);
      await settled();
      assert.deepEqual([before.texts, after.texts], [[], ['meanwhile', 'meanwhile, QoS 0']]);
      assert.equal(broker.of('puback').length, 1);
      assert.equal(broker.of('subscribe').length, 1);
      assert.deepEqual(broker.of('unsubscribe'), []);
    });

    it('are not fetched again when a redeploy asks for a higher QoS, but the QoS is', async () => {
      start();
      const before = listen('a', { qos: 0 }, new Collector({ name: 'n' }));
      await before.is('subscribed');
      await before.subscription.close(false);
      const after = listen('a', { qos: 1 }, new Collector({ name: 'n' }));
      await after.is('subscribed');
      assert.deepEqual(after.states, [{ kind: 'subscribed', qos: 1 }]);
      assert.deepEqual(
        broker.of('subscribe').map(({ subscriptions }) => [subscriptions[0]?.qos, subscriptions[0]?.rh]),
        [
          [0, 0],
          [1, 2],
        ],
      );
    });

    it('and messages meanwhile are handed over in order, after the rest of the deploy has been made', async () => {
      start();
      const before = listen('a', {}, new Collector({ name: 'n' }));
      await before.is('subscribed');
      await before.subscription.close(false);
      for (const text of ['1', '2', '3']) broker.last.publish('a', text);
      await settled();
      const after = listen('a', {}, new Collector({ name: 'n' }));
      await Promise.resolve();
      assert.deepEqual(after.texts, []);
      broker.last.publish('a', '4');
      await after.count(4);
      assert.deepEqual(after.texts, ['1', '2', '3', '4']);
    });

    it('come for a new node that a redeploy brings, while another comes back', async () => {
      start();
      const before = listen('a', {}, new Collector({ name: 'old' }));
      await before.is('subscribed');
      await before.subscription.close(false);
      const fresh = listen('a', {}, new Collector({ name: 'new' }));
      const back = listen('a', {}, new Collector({ name: 'old' }));
      await Promise.all([fresh.is('subscribed'), back.is('subscribed')]);
      assert.equal(broker.of('subscribe').length, 2);
      retained('a', 'r', identifierOf(broker.last, 'a'));
      await settled();
      assert.deepEqual([fresh.texts, back.texts], [['r'], []]);
    });

    it('a node that does not come back is given up after the grace time', async () => {
      start();
      const one = listen('a');
      await one.is('subscribed');
      await one.subscription.close(false);
      await clock.pass(4999);
      assert.deepEqual(broker.of('unsubscribe'), []);
      await clock.pass(1);
      await broker.until(() => broker.of('unsubscribe').length === 1);
    });
  });

  describe('after a reconnection', () => {
    it('asks again for everything in a new session, with its retained values (C24)', async () => {
      start();
      const all = [listen('a'), listen('b', { retainHandling: 2 })];
      await Promise.all(all.map((one) => one.is('subscribed')));
      await lose();
      await broker.until(() => broker.last.of('subscribe').length === 2);
      assert.deepEqual(
        broker.last.of('subscribe').map(({ subscriptions }) => subscriptions[0]?.rh),
        [0, 2],
      );
      await Promise.all(all.map((one) => one.is('subscribed')));
    });

    it('confirms what a resumed session has, without fetching retained values again', async () => {
      start({}, { clean: false });
      const one = listen('a');
      await one.is('subscribed');
      broker.script = { connect: (peer) => peer.send(connack(0, {}, true)) };
      await lose();
      await broker.until(() => broker.last.of('subscribe').length === 1);
      assert.equal(broker.last.of('subscribe')[0]?.subscriptions[0]?.rh, 2);
      await one.is('subscribed');
    });

    it('asks for nothing that CONNACK says the session has', async () => {
      start({}, { clean: false });
      const [kept, lost] = [listen('kept', { qos: 1 }), listen('lost')];
      await Promise.all([kept.is('subscribed'), lost.is('subscribed')]);
      const list = [
        { topic: 'kept', qos: 1, subscription_id: identifierOf(broker.last, 'kept') },
        { topic: 'stranger', qos: 0 },
      ];
      const userProperties = { subscriptions: JSON.stringify(list) };
      broker.script = { connect: (peer) => peer.send(connack(0, { userProperties }, true)) };
      await lose();
      await Promise.all([kept.is('subscribed'), lost.is('subscribed')]);
      assert.deepEqual(
        broker.last.of('subscribe').map(({ subscriptions }) => subscriptions[0]?.topic),
        ['lost'],
      );
      await clock.pass(5000);
      await broker.until(() => broker.last.of('unsubscribe').length === 1);
      assert.deepEqual(broker.last.of('unsubscribe')[0]?.unsubscriptions, ['stranger']);
      broker.last.publish('kept', 'x', { properties: { subscriptionIdentifier: list[0]?.subscription_id as number } });
      await kept.count(1);
    });

    it('takes over the session of an earlier process: backlog by its identifiers, nothing asked twice', async () => {
      const list = [
        { topic: 'a', qos: 1, subscription_id: 77 },
        { topic: 'b', qos: 1 },
      ];
      const userProperties = { subscriptions: JSON.stringify(list) };
      start(
        {
          connect: (peer) => {
            peer.send(connack(0, { userProperties }, true));
            peer.publish('a', 'backlog', { qos: 1, messageId: 1, properties: { subscriptionIdentifier: 77 } });
            peer.publish('b', 'backlog', { qos: 1, messageId: 2, properties: { subscriptionIdentifier: 78 } });
          },
        },
        { clean: false },
      );
      const [a, b] = [listen('a', { qos: 1, retainHandling: 1 }), listen('b', { qos: 1, retainHandling: 2 })];
      await Promise.all([a.count(1), b.count(1), a.is('subscribed'), b.is('subscribed')]);
      assert.deepEqual(filters(), ['b'], 'only what has no identifier yet');
      assert.equal(broker.of('subscribe')[0]?.subscriptions[0]?.rh, 2);
    });

    it('keeps the backlog of a resumed session for those who come after it, unacknowledged, and not for ever', async () => {
      start(
        {
          connect: (peer) => {
            peer.send(connack(0, {}, true));
            for (const messageId of [1, 2, 3]) {
              peer.publish(messageId === 3 ? 'b' : 'a', String(messageId), { qos: 1, messageId });
            }
          },
        },
        { clean: false },
      );
      while (connection.state.kind !== 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
      await settled();
      assert.deepEqual(broker.of('puback'), []);
      const one = listen('a', { qos: 1 });
      await one.count(2);
      assert.deepEqual(one.texts, ['1', '2']);
      await broker.until(() => broker.of('puback').length === 2);
      await clock.pass(5000);
      await broker.until(() => broker.of('puback').length === 3);
      broker.last.publish('c', 'nobody', { qos: 1, messageId: 4 });
      await broker.until(() => broker.of('puback').length === 4);
    });

    it('unsubscribes what was given up while there was no link (S7)', async () => {
      start({}, { clean: false });
      const one = listen('a');
      await one.is('subscribed');
      broker.script = { connect: (peer) => peer.send(connack(0, {}, true)) };
      broker.last.socket.destroy();
      while (connection.state.kind === 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
      await one.subscription.close(true);
      await clock.pass(1000);
      await broker.until(() => broker.last.of('unsubscribe').length === 1);
    });

    it('unsubscribes again what the broker may not have heard, because the link was lost with it (S7)', async () => {
      start({ unsubscribe: (peer) => peer.socket.destroy() }, { clean: false });
      const one = listen('a');
      await one.is('subscribed');
      await one.subscription.close(true);
      while (connection.state.kind === 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
      broker.script = { connect: (peer) => peer.send(connack(0, {}, true)) };
      await clock.pass(1000);
      await broker.until(() => broker.last.of('unsubscribe').length === 1);
      assert.equal(broker.peers.length, 2);
    });

    it('unsubscribes what was given up without a link also when the account is another then, as after a deploy (S7)', async () => {
      const leftovers = new Set<string>();
      start({}, { clean: false, leftovers });
      const [gone, stays] = [listen('gone'), listen('stays')];
      await Promise.all([gone.is('subscribed'), stays.is('subscribed')]);
      broker.script = { connect: (peer) => peer.send(connack(0x88)) };
      broker.last.socket.destroy();
      while (connection.state.kind === 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
      const closing = [gone.subscription.close(true), stays.subscription.close(false), connection.close()];
      await Promise.all(closing);
      start({ connect: (peer) => peer.send(connack(0, {}, true)) }, { clean: false, leftovers });
      await listen('stays').is('subscribed');
      await broker.until(() => broker.last.of('unsubscribe').length === 1);
      assert.deepEqual(broker.last.of('unsubscribe')[0]?.unsubscriptions, ['gone']);
      assert.equal(leftovers.size, 0);
    });

    it('leaves a persistent session as it is when the connection is closed', async () => {
      start({}, { clean: false });
      const one = listen('a', { qos: 1 });
      await one.is('subscribed');
      const closing = one.subscription.close(false);
      await connection.close();
      await closing;
      assert.deepEqual(broker.of('unsubscribe'), []);
    });
  });

  describe('confirmation by the flow', () => {
    const confirms = { window: 2, deadline: 60_000 };
    const publish = (count: number, from = 1): void => {
      for (let id = from; id < from + count; id += 1) broker.last.publish('a', String(id), { qos: 1, messageId: id });
    };
    const acknowledged = (): (number | undefined)[] => broker.of('puback').map(({ messageId }) => messageId);

    it('acknowledges what was confirmed, in order, and hands out no more than the window', async () => {
      start();
      const one = listen('a', { qos: 1 }, new Collector({ confirms }));
      await one.is('subscribed');
      publish(5);
      await settled();
      assert.deepEqual(one.texts, ['1', '2']);
      assert.deepEqual(
        { ...one.subscription.backlog, bytes: 0 },
        { held: 3, bytes: 0, unconfirmed: 2, dropped: 0, overdue: 0 },
      );
      one.confirmations[1]?.();
      assert.deepEqual(one.texts, ['1', '2', '3']);
      await settled();
      assert.deepEqual(acknowledged(), [], 'the first is not done');
      one.confirmations[0]?.();
      one.confirmations[0]?.();
      await broker.until(() => broker.of('puback').length === 2);
      assert.deepEqual(acknowledged(), [1, 2]);
      for (const confirm of one.confirmations) confirm();
      await one.count(5);
      for (const confirm of one.confirmations) confirm();
      await broker.until(() => broker.of('puback').length === 5);
      assert.deepEqual(acknowledged(), [1, 2, 3, 4, 5]);
    });

    it('does not hold up other nodes, nor publications of this one', async () => {
      start();
      const slow = listen('a', { qos: 1 }, new Collector({ confirms }));
      const other = listen('b', { qos: 1 });
      await Promise.all([slow.is('subscribed'), other.is('subscribed')]);
      publish(1);
      broker.last.publish('b', 'x', { qos: 1, messageId: 50 });
      await other.count(1);
      await settled();
    });

    it('counts as confirmed after the deadline, with a number for the status (S12)', async () => {
      start();
      const one = listen('a', { qos: 1 }, new Collector({ confirms }));
      await one.is('subscribed');
      publish(3);
      await one.count(2);
      await clock.pass(60_000);
      await one.count(3);
      await broker.until(() => broker.of('puback').length === 2);
      assert.equal(one.subscription.backlog.overdue, 2);
      one.confirmations[0]?.();
      assert.equal(one.subscription.backlog.unconfirmed, 1, 'too late, and once is enough');
    });

    it('leaves no deadline behind when the connection is closed (C12)', async () => {
      start();
      const one = listen('a', { qos: 1 }, new Collector({ confirms }));
      await one.is('subscribed');
      publish(3);
      await one.count(2);
      await connection.close();
      assert.equal(clock.timers, 0);
      one.confirmations[0]?.();
      await clock.pass(60_000);
      assert.deepEqual([one.texts.length, { ...one.subscription.backlog }.overdue], [2, 0]);
    });

    it('never acknowledges on another connection than the one it came from (S9)', async () => {
      start({}, { clean: false });
      const one = listen('a', { qos: 1 }, new Collector({ confirms }));
      await one.is('subscribed');
      publish(1);
      await one.count(1);
      broker.script = { connect: (peer) => peer.send(connack(0, {}, true)) };
      await lose();
      await one.is('subscribed');
      one.confirmations[0]?.();
      await settled();
      assert.deepEqual(acknowledged(), []);
      publish(1);
      await one.count(2);
      one.confirmations[1]?.();
      await broker.until(() => broker.of('puback').length === 1);
    });

    it('gives what was not confirmed to the node that comes back after a redeploy', async () => {
      start();
      const before = listen('a', { qos: 1 }, new Collector({ confirms, name: 'n' }));
      await before.is('subscribed');
      publish(3);
      await before.count(2);
      await before.subscription.close(false);
      before.confirmations[0]?.();
      await settled();
      assert.deepEqual(acknowledged(), [], "a confirmation from the old deploy is nobody's (S13)");
      const after = listen('a', { qos: 1 }, new Collector({ confirms: { window: 10, deadline: 60_000 }, name: 'n' }));
      await after.count(3);
      assert.deepEqual(after.texts, ['1', '2', '3']);
      assert.deepEqual(
        after.deliveries.map(({ dup }) => dup),
        [true, true, false],
      );
      for (const confirm of after.confirmations) confirm();
      await broker.until(() => broker.of('puback').length === 3);
    });

    it('keeps a bound on what a slow flow holds: QoS 0 is dropped oldest first, QoS 1 stays with the broker (S11)', async () => {
      start({}, { hold: { messages: 10, bytes: 1e6 } });
      const one = listen('a', { qos: 1 }, new Collector({ confirms: { window: 1, deadline: 60_000 } }));
      await one.is('subscribed');
      for (let count = 0; count < 50; count += 1) broker.last.publish('a', `q0-${count}`);
      publish(5);
      await settled();
      const { held, dropped } = one.subscription.backlog;
      assert.ok(held <= 15, `${held} held`);
      assert.equal(one.texts.length + held + dropped, 55);
      assert.deepEqual(acknowledged(), []);
    });

    it('bounds what is held for want of acknowledgement, although the broker keeps no limit: it reads on when there is room (S11)', async () => {
      start({}, { hold: { messages: 20, bytes: 1e6 } });
      const one = listen('a', { qos: 1 }, new Collector({ confirms: { window: 1000, deadline: 60_000 } }));
      await one.is('subscribed');
      publish(50);
      await one.count(20);
      await new Promise<void>((resolve) => void setTimeout(resolve, 50));
      assert.equal(one.texts.length, 20);
      while (one.texts.length < 50) {
        const before = one.texts.length;
        for (const confirm of one.confirmations.splice(0)) confirm();
        await one.count(before + 1);
      }
      assert.equal(connection.state.kind, 'connected');
    });

    it('breaks the link when there is no room for half a keepalive: a resumed session sends again', async () => {
      start({}, { hold: { messages: 2, bytes: 1e6 }, keepalive: 1 });
      const one = listen('a', { qos: 1 }, new Collector({ confirms: { window: 1000, deadline: 60_000 } }));
      await one.is('subscribed');
      publish(5);
      while (connection.state.kind === 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
      assert.ok(connection.state.kind === 'waiting');
      assert.equal(connection.state.reason.params['problem'], 'held');
    });

    it('confirms at once what a listener confirms while it is called, however much is held', async () => {
      start();
      const eager = {
        confirms: { window: 1, deadline: 1000 },
        got: 0,
        message: (_: unknown, confirm?: () => void) => {
          eager.got += 1;
          confirm?.();
        },
      };
      connection.subscribe({ filter: 'a', qos: 1 }, eager);
      await broker.until(() => broker.of('subscribe').length === 1);
      publish(900);
      await broker.until(() => broker.of('puback').length === 900);
      assert.equal(eager.got, 900);
    });
  });

  it('close settles for a subscription whatever the broker does', async () => {
    start({ unsubscribe: () => {} });
    const one = listen('a');
    await one.is('subscribed');
    const closing = one.subscription.close(true);
    await clock.pass(1000);
    await closing;
    await one.subscription.close(true);
  });
});

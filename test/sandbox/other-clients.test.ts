import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../servers/describe-with';
import { MosquittoClient } from '../servers/mosquitto-client';
import { certificate, key } from '../servers/tls-certificate';
import { startRest, type RestBench } from './rest-setup';

/** In topics and payloads: a device of the master account, one of a subaccount, and that subaccount. */
type Known = 'own' | 'theirs' | 'sub';

const position = '{"latitude":54.7,"longitude":25.2,"speed":80}';
const topicAndPayload = ['-F', '%t %p'];

describeWith('mosquitto_sub', "other clients: Mosquitto's command line", () => {
  let bench: RestBench;
  let ids: Record<Known, number>;
  const clients: MosquittoClient[] = [];

  before(async () => {
    bench = await startRest();
    const sub = [...bench.sandbox.platform.items('platform/subaccounts').values()][0]?.id ?? 0;
    const make = async (name: string, headers = {}): Promise<number> => {
      const body = [{ name, device_type_id: 42, configuration: { ident: name } }];
      return (await bench.call('POST', 'gw/devices', { body, headers })).result[0]?.['id'] as number;
    };
    ids = { own: await make('own'), theirs: await make('theirs', { 'x-flespi-cid': String(sub) }), sub };
    report('own', 10);
    report('theirs', 80);
    for (const cid of [bench.sandbox.cid, sub]) {
      bench.sandbox.broker.publish({ topic: 'ready', cid, payload: 'x', retain: true });
    }
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.stop();
  });
  after(() => bench.close());

  let time = 1_800_000_000;
  const report = (device: 'own' | 'theirs', speed: number): void =>
    bench.sandbox.gateway.report(ids[device], [
      { timestamp: (time += 1), 'position.latitude': 54.7, 'position.longitude': 25.2, 'position.speed': speed },
    ]);
  const spelt = (text: string): string => text.replaceAll(/<(\w+)>/g, (_, name: Known) => String(ids[name]));

  function start(command: string, args: readonly string[]): MosquittoClient {
    const { hostname, port } = new URL(bench.sandbox.mqtt);
    const client = new MosquittoClient(command, ['-h', hostname, '-p', port, ...args.map(spelt)]);
    clients.push(client);
    return client;
  }
  const withToken = (command: string, ...args: string[]): MosquittoClient =>
    start(command, ['-u', bench.sandbox.token, ...args]);
  /** A subscriber; what is retained for its topic has come, and all that is published from now on will. */
  async function subscriber(...args: string[]): Promise<MosquittoClient> {
    const client = withToken('mosquitto_sub', ...args, '-t', 'ready', ...topicAndPayload);
    await client.says(/^ready /);
    return client;
  }
  const heard = ({ lines }: MosquittoClient): string[] => lines.filter((line) => line.startsWith('flespi/'));

  describe('log in', () => {
    const tokenId = (): string => String([...bench.sandbox.platform.items('platform/tokens').values()][0]?.id);
    const logins: [title: string, args: (token: string) => string[], accepted: boolean][] = [
      ['the token as user name', (token) => ['-u', token], true],
      ['the token with the word', (token) => ['-u', `FlespiToken ${token}`], true],
      ['the token as password', (token) => ['-u', 'anybody', '-P', token], true],
      ['the id of the token and 16 bytes of it', (token) => ['-u', tokenId(), '-P', token.slice(0, 16)], true],
      ['the id of the token and 15 bytes of it', (token) => ['-u', tokenId(), '-P', token.slice(0, 15)], false],
      ['a wrong token', () => ['-u', 'x'.repeat(64)], false],
      ['nothing', () => [], false],
    ];
    for (const version of ['31', '311', '5']) {
      for (const [title, args, accepted] of logins) {
        it(`by ${title}, MQTT ${version}: ${accepted ? 'welcome' : 'refused'}`, async () => {
          const topic = 'flespi/state/gw/devices/<own>/telemetry/position.speed';
          const login = args(bench.sandbox.token);
          const [line = ''] = await start('mosquitto_sub', [...login, '-V', version, '-t', topic, '-C', '1']).ended();
          if (accepted) assert.equal(line, '10');
          else assert.match(line, /bad user name or password/i);
        });
      }
    }
  });

  describe('retained states', () => {
    const speeds = 'flespi/state/gw/devices/+/telemetry/position.speed';
    const filters: [filter: string, expected: [Known, string][]][] = [
      [
        'flespi/state/gw/devices/<own>/telemetry/position.speed,ident',
        [
          ['own', '10'],
          ['own', 'own'],
        ],
      ],
      [
        'flespi/state/gw/devices/<own>,<theirs>/telemetry/position.speed',
        [
          ['own', '10'],
          ['theirs', '80'],
        ],
      ],
      [`$filter/cid=<sub>/${speeds}`, [['theirs', '80']]],
      [`$filter/payload=tonumber%28payload%29%3E14/${speeds}`, [['theirs', '80']]],
      [`$filter/payload=tonumber(payload)%3C14/${speeds}`, [['own', '10']]],
      [`$filter/message=topics%5B4%5D%3D%3D%22<own>%22/${speeds}`, [['own', '10']]],
      [`$filter/message=cid%3D%3D<sub>%26%26tonumber(payload)%3E10/${speeds}`, [['theirs', '80']]],
      [`$filter/modified_since=1800000002/${speeds}`, [['theirs', '80']]],
      [`$filter/modified_since>1800000001/${speeds}`, [['theirs', '80']]],
      [`$filter/modified_since=1&cid=1/${speeds}`, []],
      ['$filter/payload=speed%3E14&cid=<sub>/flespi/state/gw/devices/+/telemetry/position', [['theirs', position]]],
      [`$share/group/${speeds}`, []],
    ];
    for (const version of ['311', '5']) {
      for (const [filter, expected] of filters) {
        it(`${filter}, MQTT ${version}`, async () => {
          const found = heard(await subscriber('-V', version, '-t', filter));
          const wanted = expected.map(([name, value]) => [ids[name], value].join());
          const pairs = found.map((line) => [line.split('/')[4], line.slice(line.indexOf(' ') + 1)].join());
          assert.deepEqual(pairs.toSorted(), wanted.toSorted());
        });
      }
    }

    it('tell their time and account', async () => {
      const topic = 'flespi/state/gw/devices/<theirs>/telemetry/position.speed';
      const [line] = await withToken('mosquitto_sub', '-V', '5', '-t', topic, '-C', '1', '-F', '%r %P').ended();
      assert.equal(line, spelt('1 timestamp:1800000002 cid:<sub>'));
    });
  });

  for (const filter of ['$filter/payload=(/x', '$filter/cid=1/$share/g/x', '$filter/nothing=1/x']) {
    it(`${filter} ends the connection`, async () => {
      const lines = await withToken('mosquitto_sub', '-V', '5', '-t', filter, '-d', '-W', '1').ended();
      assert.ok(lines.some((line) => line.includes('sending SUBSCRIBE')));
      assert.ok(!lines.some((line) => line.startsWith('Subscribed')), lines.join('; '));
    });
  }

  describe('live messages', () => {
    it('of one account, by a property of the subscription', async () => {
      const only = ['-D', 'subscribe', 'user-property', 'cid', '<sub>'];
      const client = await subscriber('-V', '5', ...only, '-t', 'flespi/message/gw/devices/+');
      report('own', 10);
      report('theirs', 80);
      await client.says(/"theirs"/);
      assert.equal(heard(client).length, 1);
    });

    for (const group of ['plain', 'sticky:5', 'sticky:4:1']) {
      it(`$share/${group}: to one member each`, async () => {
        const filter = `$share/${group}/$filter/cid=${bench.sandbox.cid}/flespi/message/gw/devices/+`;
        const member = (): Promise<MosquittoClient> => subscriber('-V', '5', '-q', '1', '-t', filter, '-t', 'end');
        const members = [await member(), await member()];
        for (let round = 0; round < 20; round += 1) report('own', round);
        bench.sandbox.broker.publish({ topic: 'end', cid: bench.sandbox.cid, payload: 'x' });
        for (const one of members) await one.says(/^end /);
        const shares = members.map((one) => heard(one).length);
        assert.equal((shares[0] ?? 0) + (shares[1] ?? 0), 20);
        if (group !== 'plain') assert.ok(shares.includes(20), `one device, one member: ${shares.join()}`);
      });
    }

    it('that came while a session waited', async () => {
      const session = ['-V', '5', '-c', '-i', 'waiting', '-x', '60', '-q', '1', '-t', 'kept/#'];
      await (await subscriber(...session)).stop();
      await withToken('mosquitto_pub', '-q', '1', '-t', 'kept/1', '-m', 'x').ended();
      await withToken('mosquitto_sub', ...session, ...topicAndPayload).says(/^kept\/1 x$/);
    });
  });

  const publications: [topic: string, version: string, said: RegExp][] = [
    ['flespi/x', '5', /RC:135/],
    // Nobody before MQTT 5 can be told; it is dropped all the same.
    ['flespi/x', '311', /received PUBACK/],
    ['my/topic', '5', /RC:(0|16)\)/],
  ];
  for (const [topic, version, said] of publications) {
    it(`publishing to ${topic}, MQTT ${version}`, async () => {
      const client = withToken('mosquitto_pub', '-V', version, '-q', '1', '-r', '-t', topic, '-m', 'x', '-d');
      assert.match((await client.ended()).join('\n'), said);
      const { result } = await bench.get(`mqtt/messages/${encodeURIComponent(topic)}`);
      assert.equal(result.length, topic.startsWith('flespi/') ? 0 : 1);
    });
  }

  describe('calls over MQTT', () => {
    const calls: [topic: string, args: string[], httpCode: number, answer: string][] = [
      ['get/gw/devices/<own>?fields=id,name', [], 200, '{"result":[{"id":<own>,"name":"own"}]}'],
      [
        'get/gw/devices/<theirs>/messages',
        ['-m', '{"count":1,"fields":"timestamp"}'],
        200,
        '{"result":[{"timestamp":1800000002}]}',
      ],
      [
        'get/gw/devices/<own>/messages?data=%7B%22count%22:1,%22fields%22:%22ident%22%7D',
        [],
        200,
        '{"result":[{"ident":"own"}]}',
      ],
      ['get/gw/devices/%7Bname%3D%3D%22own%22%7D?fields=name', [], 200, '{"result":[{"name":"own"}]}'],
      ['get/gw/devices/{name=="own"}?fields=name', [], 200, '{"result":[{"name":"own"}]}'],
      [
        'get/gw/devices/all?fields=name&limit=1&offset=1',
        [],
        200,
        '{"result":[{"name":"theirs"}],"pagination":{"limit":1,"offset":1,"count":2}}',
      ],
      [
        'get/gw/devices/all?fields=name',
        ['-D', 'publish', 'user-property', 'cid', '<sub>'],
        200,
        '{"result":[{"name":"theirs"}]}',
      ],
      [
        'get/gw/devices/<own>?fields=id',
        ['-D', 'publish', 'user-property', 'response_chunked', 'true'],
        200,
        '{"result":[{"id":<own>}]}',
      ],
      ['delete/gw/devices/<own>/commands-queue/all/', [], 200, '{"result":[]}'],
      [
        'post/gw/groups',
        ['-m', '{}'],
        400,
        '{"result":[],"errors":[{"code":2,"reason":"expected an array of objects to create"}]}',
      ],
      ['get/gw/devices/99', [], 404, '{"result":[],"errors":[{"code":4,"reason":"devices: 99 not found","id":99}]}'],
      ['get/gw/nothing', [], 404, '{"errors":[{"code":404,"reason":"Not found"}]}'],
      ['GET/gw/devices/all', [], 404, '{"errors":[{"code":404,"reason":"Not found"}]}'],
    ];
    for (const [topic, args, httpCode, answer] of calls) {
      it(`${topic} ${args.join(' ')}`, async () => {
        const payload = args.includes('-m') ? [] : ['-n'];
        const request = ['-t', `flespi/rest/${topic}`, '-e', 'my/answers', ...args, ...payload];
        const [line = ''] = await withToken('mosquitto_rr', '-V', '5', '-F', '%P|%p', ...request).ended();
        const bar = line.indexOf('|');
        assert.match(line.slice(0, bar), new RegExp(`(^| )http_code:${httpCode} `));
        assert.equal(line.slice(bar + 1), spelt(answer));
      });
    }

    for (const version of ['31', '311', '5']) {
      it(`answered on the topic of the request, MQTT ${version}`, async () => {
        const filter = 'flespi/rest/put/gw/devices/+/settings/tracking';
        const client = await subscriber('-V', version, '-t', filter);
        const topic = spelt(filter.replace('+', '<own>'));
        const body = '{"properties":{"moving":9},"address":"connection"}';
        await withToken('mosquitto_pub', '-V', version, '-t', topic, '-m', body).ended();
        await client.says(/^flespi/);
        assert.ok(heard(client)[0]?.startsWith(`${topic} {"result":[{"name":"tracking"`), client.lines.join('; '));
      });
    }

    for (const version of ['311', '5']) {
      it(`asked and answered on one topic, MQTT ${version}`, async () => {
        const topic = 'flespi/rest/get/gw/devices/<own>?fields=name';
        const client = withToken('mosquitto_rr', '-V', version, '-t', topic, '-e', topic, '-n');
        assert.deepEqual(await client.ended(), ['{"result":[{"name":"own"}]}']);
      });
    }
  });

  it('over TLS', async () => {
    const secure = await startRest({ key, cert: certificate });
    const folder = await mkdtemp(join(tmpdir(), 'flespi-tls-'));
    try {
      const ca = join(folder, 'certificate.pem');
      await writeFile(ca, certificate);
      const { mqtt, token } = secure.sandbox;
      const topic = 'flespi/state/platform/customer/counters/groups/count';
      const args = ['-h', 'localhost', '-p', new URL(mqtt).port, '--cafile', ca, '-u', token, '-V', '5'];
      const client = new MosquittoClient('mosquitto_sub', [...args, '-t', topic, '-C', '1']);
      clients.push(client);
      assert.match((await client.ended()).join(), /^\d+(,\d+)*$/);
    } finally {
      await rm(folder, { recursive: true });
      await secure.close();
    }
  });
});

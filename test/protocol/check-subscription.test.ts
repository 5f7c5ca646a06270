import assert from 'node:assert/strict';
import { checkSubscription } from '../../nodes/protocol/check-subscription';

describe('what may go to the broker as a subscription', () => {
  const fine = [
    'flespi/message/gw/devices/+',
    '$filter/cid=123/flespi/message/gw/devices/+',
    '$filter/payload=tonumber%28payload%29%3E14/flespi/state/gw/devices/+/telemetry/battery.voltage',
    '$share/workers/$filter/payload=position.speed%3E60&cid=123/flespi/message/gw/devices/+',
    // flespi's list of functions is longer than ours.
    '$filter/payload=strlen(ident)%3E14/flespi/message/gw/devices/+',
    // A condition that only a newer platform knows.
    '$filter/newer=1/flespi/message/gw/devices/+',
  ];
  for (const topic of fine) {
    it(`takes ${topic}`, () => assert.equal(checkSubscription(topic), undefined));
  }

  const bad: [string, string, number | undefined][] = [
    ['a/#/b', 'FLESPI_BAD_TOPIC', undefined],
    ['$filter/payload=a%20%3D%3D/flespi/message/gw/devices/+', 'FLESPI_BAD_EXPRESSION', 5],
    ['$share/x/$filter/message=(topics%5B1%5D/a/+', 'FLESPI_BAD_EXPRESSION', 11],
    ['$filter/cid=1&payload=%22open/flespi/message/gw/devices/+', 'FLESPI_BAD_EXPRESSION', 1],
  ];
  for (const [topic, code, column] of bad) {
    it(`refuses ${topic}`, () => {
      const error = checkSubscription(topic);
      assert.deepEqual([error?.code, error?.params['column']], [code, column]);
    });
  }
});

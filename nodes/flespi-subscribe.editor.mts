RED.nodes.registerType('flespi-subscribe', {
  category: 'flespi',
  color: '#A9C8CF',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'flespi-config', required: true },
    /** `{ topic, qos, rh }` each: the exact topic filter, 0 or 1, retain handling 0, 1 or 2. */
    topics: { value: [{ topic: 'flespi/message/gw/devices/+', qos: '0', rh: '0' }] },
    /** auto, json, text or buffer. */
    datatype: { value: 'auto' },
    /** 1 gives the node an input for msg.action. */
    inputs: { value: 0 },
    /** Only what is newer than the last message of the same topic. */
    newerOnly: { value: false },
    version: { value: 1 },
  },
  inputs: 0,
  outputs: 1,
  icon: 'flespi.svg',
  paletteLabel: 'flespi subscribe',
  label() {
    return this.name || this.topics[0]?.topic || 'flespi subscribe';
  },
});

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { PacketSizeGuard } from '../../nodes/protocol/packet-size-guard';

const publish = (size: number): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: Buffer.alloc(size),
  qos: 0,
  retain: false,
  dup: false,
});

describe('PacketSizeGuard', () => {
  it('finds a packet that is too long at its header, however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, cuts, (sizes, cuts) => {
        const stream = Buffer.concat(sizes.map((size) => generate(publish(size))));
        const guard = new PacketSizeGuard(303);
        let found: number | undefined;
        for (let at = 0, turn = 0; at < stream.length && found === undefined; turn += 1) {
          const length = cuts[turn % cuts.length] as number;
          found = guard.push(stream.subarray(at, at + length));
          at += length;
        }
        const wanted = sizes.find((size) => size + 3 > 303);
        assert.equal(found, wanted === undefined ? undefined : wanted + 3);
      }),
    );
  });

  it('needs only the header of a packet that announces 256 MB', () => {
    const found = new PacketSizeGuard(1e6).push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    assert.ok(found !== undefined && found > 1e6);
  });
});

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ChunkAssembler } from '../../nodes/protocol/chunk-assembler';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('ChunkAssembler', () => {
  it('gives the same answer for any split of any bytes', () => {
    const split = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 12 }));
    fc.assert(
      fc.property(split, ([whole, cuts]) => {
        const assembler = new ChunkAssembler('GET x');
        let from = 0;
        for (const cut of cuts.sort((a, b) => a - b)) {
          assert.equal(assembler.push(whole.subarray(from, Math.max(from, cut))), undefined);
          from = Math.max(from, Math.min(cut, whole.length));
        }
        const answer = assembler.push(whole.subarray(from), '200');
        assert.deepEqual(answer, {
          statusCode: 200,
          text: Buffer.from(whole).toString(),
          bytes: whole.length,
          chunks: cuts.length + 1,
        });
      }),
    );
  });

  it('decodes after joining: characters survive being cut into single bytes', () => {
    const text = '{"name":"Вольво 😀 Łódź"}';
    const assembler = new ChunkAssembler('GET x');
    for (const byte of bytes(text)) assembler.push(Uint8Array.of(byte));
    assert.equal(assembler.push(bytes(''), '200')?.text, text);
  });

  it('passes on whatever status flespi gave', () => {
    for (const code of ['200', '404', '500']) {
      assert.equal(new ChunkAssembler('GET x').push(bytes('{}'), code)?.statusCode, Number(code));
    }
  });

  for (const code of ['abc', '', '0', '99999', '20', ' 200', ['200', '500']]) {
    it(`calls http_code ${JSON.stringify(code)} a bad answer`, () => {
      assert.throws(() => new ChunkAssembler('GET x').push(bytes('{}'), code), { code: 'FLESPI_BAD_ANSWER' });
    });
  }

  it('is bounded in bytes and in chunks', () => {
    const byBytes = new ChunkAssembler('GET x', { bytes: 10 });
    byBytes.push(bytes('12345'));
    assert.throws(() => byBytes.push(bytes('678901')), { code: 'FLESPI_ANSWER_TOO_LARGE' });
    const byChunks = new ChunkAssembler('GET x', { chunks: 3 });
    for (let count = 0; count < 3; count += 1) byChunks.push(bytes(''));
    assert.throws(() => byChunks.push(bytes('')), { code: 'FLESPI_ANSWER_TOO_LARGE' });
  });

  it('says what had come when nothing more will', () => {
    const assembler = new ChunkAssembler('GET gw/devices/all');
    assert.equal(assembler.flush(), undefined);
    assembler.push(bytes('{"res'));
    assembler.push(bytes('ult":'));
    const error = assembler.flush();
    assert.equal(error?.code, 'FLESPI_INCOMPLETE_ANSWER');
    assert.deepEqual(error.params, { bytes: 10, chunks: 2 });
  });
});

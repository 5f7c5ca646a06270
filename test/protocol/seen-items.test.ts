import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeenItems } from '../../nodes/protocol/seen-items';

const keyOf = (item: unknown): string | number | undefined => item as string | number | undefined;

describe('SeenItems', () => {
  it('lets each key pass once, in whatever order keys of whatever kind come', () => {
    const key = fc.oneof(fc.integer({ min: -20, max: 60 }), fc.integer(), fc.constantFrom('a', '1', '2', 'b'));
    fc.assert(
      fc.property(fc.array(fc.array(key, { maxLength: 20 }), { maxLength: 10 }), (pages) => {
        const seen = new SeenItems(keyOf);
        const all = new Set<unknown>();
        for (const page of pages) {
          const wanted = page.filter((item, index) => !all.has(item) && page.indexOf(item) === index);
          assert.deepEqual(seen.fresh(page, true), wanted);
          for (const item of page) all.add(item);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('calls a page repeated the second time in a row that it has nothing new', () => {
    const seen = new SeenItems(keyOf);
    assert.equal(seen.look([1, 2], 0, true).repeated, false);
    assert.deepEqual(seen.look([1, 2], 0, true), { fresh: [], nothingNew: true, repeated: false });
    assert.deepEqual(seen.look([1, 2], 0, true), { fresh: [], nothingNew: true, repeated: true });
  });

  it('forgives as many as came before them', () => {
    const seen = new SeenItems(keyOf);
    seen.look([1, 2], 0, true);
    for (let page = 0; page < 3; page += 1) assert.equal(seen.look([1, 2], 3, true).repeated, false);
  });

  it('takes items without keys as they come, but not a whole page twice when nobody said which it is', () => {
    const seen = new SeenItems(() => undefined);
    assert.equal(seen.fresh([1, 1], true).length, 2);
    assert.equal(seen.fresh([1, 1], true).length, 2);
    assert.equal(seen.fresh([1, 1], false).length, 2);
    assert.equal(seen.fresh([1, 1], false).length, 0);
    assert.equal(seen.fresh([], false).length, 0);
  });
});

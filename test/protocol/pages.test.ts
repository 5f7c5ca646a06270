import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JudgedAnswer } from '../../nodes/protocol/answer';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { collectionPages, type CollectionWalk, type Page, type PageAnswer } from '../../nodes/protocol/pages';

interface Item {
  id: number;
}

interface Asked {
  limit: number;
  offset: number;
}

const list = (length: number): Item[] => Array.from({ length }, (_, index) => ({ id: index + 1 }));

function answerWith(items: unknown[], pagination?: JudgedAnswer['pagination']): PageAnswer {
  return {
    items,
    answer: { statusCode: 200, headers: {}, result: items, ...(pagination ? { pagination } : {}) },
  };
}

/** A server that pages as flespi does. */
function serve(items: readonly Item[], { limit, offset }: Asked): PageAnswer {
  return answerWith(items.slice(offset, offset + limit), { limit, offset, count: items.length });
}

interface Outcome {
  pages: Page[];
  ids: number[];
  asked: Asked[];
  error?: FlespiError;
  /** Most requests under way at a time. */
  mostUnderWay: number;
}

async function walk(
  server: (asked: Asked, index: number) => PageAnswer | Promise<PageAnswer>,
  options: Partial<CollectionWalk> = {},
): Promise<Outcome> {
  const outcome: Outcome = { pages: [], ids: [], asked: [], mostUnderWay: 0 };
  let served = 0;
  let underWay = 0;
  const pages = collectionPages({
    limit: 10,
    offset: 0,
    most: 100_000,
    inFlight: 4,
    keyOf: (item) => (item as Item).id,
    attempted: 'GET gw/devices/all',
    fetch: async (limit, offset) => {
      outcome.asked.push({ limit, offset });
      underWay += 1;
      outcome.mostUnderWay = Math.max(outcome.mostUnderWay, underWay);
      try {
        await new Promise(setImmediate);
        served += 1;
        const page = await server({ limit, offset }, served - 1);
        return () => page;
      } finally {
        underWay -= 1;
      }
    },
    ...options,
  });
  try {
    for await (const page of pages) {
      outcome.pages.push(page);
      outcome.ids.push(...page.items.map((item) => (item as Item).id));
    }
  } catch (error) {
    assert(error instanceof FlespiError);
    outcome.error = error;
  }
  return outcome;
}

const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

describe('collectionPages', () => {
  it('gives the whole list, each item once and in order, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(120),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(20),
        async (length, limit, inFlight, offset) => {
          const items = list(length);
          const { ids, asked, pages, mostUnderWay } = await walk((page) => serve(items, page), {
            limit,
            inFlight,
            offset,
          });
          assert.deepEqual(ids, numbers(length).slice(offset));
          assert.equal(pages.at(-1)?.last, true);
          assert.equal(pages.filter((page) => page.last).length, 1);
          assert(pages.every((page) => page.incomplete === undefined));
          assert(asked.length <= Math.max(1, Math.ceil((length - offset) / limit)));
          assert(mostUnderWay <= inFlight);
        },
      ),
    );
  });

  it('stops at the bound of the author and says when there was more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(80),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 90 }),
        async (length, limit, most) => {
          const items = list(length);
          const { ids, asked, pages } = await walk((page) => serve(items, page), { limit, most });
          assert.deepEqual(ids, numbers(Math.min(length, most)));
          assert.equal(pages.at(-1)?.incomplete, most < length ? 'most' : undefined);
          assert(asked.reduce((sum, page) => sum + page.limit, 0) <= Math.max(most, limit));
        },
      ),
    );
  });

  it('keeps several pages under way, once the count is known', async () => {
    const items = list(100);
    const { mostUnderWay, asked } = await walk((page) => serve(items, page), { inFlight: 4 });
    assert.equal(mostUnderWay, 4);
    assert.equal(asked.length, 10);
  });

  it('gives pages in order although the answers come in any', async () => {
    const items = list(100);
    const { ids } = await walk(async (page) => {
      await new Promise((resolve) => setTimeout(resolve, page.offset % 3 === 0 ? 5 : 0));
      return serve(items, page);
    });
    assert.deepEqual(ids, numbers(100));
  });

  describe('with a server that has ways of its own', () => {
    const bound = (count: number, limit: number): number => Math.ceil(count / limit) + 2;

    it('offset ignored, and said so', async () => {
      const { error, asked } = await walk(({ limit }) =>
        answerWith(list(50).slice(0, limit), { limit, offset: 0, count: 50 }),
      );
      assert.equal(error?.code, 'FLESPI_PAGES_REPEATED');
      assert.deepEqual(error?.params, { offset: 10 });
      assert(asked.length <= bound(50, 10));
    });

    it('offset ignored, and not said so', async () => {
      const { error, ids } = await walk((page) => answerWith(list(50).slice(0, page.limit), { ...page, count: 50 }));
      assert.equal(error?.code, 'FLESPI_PAGES_REPEATED');
      assert.deepEqual(ids, numbers(10));
    });

    it('offset ignored, without pagination', async () => {
      const { error } = await walk(({ limit }) => answerWith(list(50).slice(0, limit)));
      assert.equal(error?.code, 'FLESPI_PAGES_REPEATED');
    });

    it('offset ignored, without pagination, by items without keys', async () => {
      const { error } = await walk(({ limit }) => answerWith(Array.from({ length: limit }, () => ({ name: 'a' }))), {
        keyOf: () => undefined,
      });
      assert.equal(error?.code, 'FLESPI_PAGES_REPEATED');
    });

    it('last page clamped', async () => {
      const items = list(25);
      const { error, ids } = await walk(({ limit, offset }) =>
        answerWith(items.slice(Math.min(offset, 15), Math.min(offset, 15) + limit), { limit, offset, count: 1000 }),
      );
      assert.equal(error?.code, 'FLESPI_PAGES_REPEATED');
      assert.deepEqual(ids, numbers(25));
    });

    it('empty page early', async () => {
      const items = list(20);
      const { pages, ids, asked } = await walk(({ limit, offset }) =>
        answerWith(items.slice(offset, offset + limit), { limit, offset, count: 50 }),
      );
      assert.deepEqual(ids, numbers(20));
      assert.equal(pages.at(-1)?.incomplete, 'empty-page');
      assert(asked.length <= bound(50, 10));
    });

    it('limit lowered, and said so', async () => {
      const items = list(50);
      const { ids, asked } = await walk((page) => serve(items, { ...page, limit: Math.min(4, page.limit) }));
      assert.deepEqual(ids, numbers(50));
      assert(asked.length <= bound(50, 4));
    });

    it('limit lowered, and not said so', async () => {
      const items = list(50);
      const { ids, asked } = await walk((page) =>
        answerWith(items.slice(page.offset, page.offset + 4), { ...page, count: 50 }),
      );
      assert.deepEqual(ids, numbers(50));
      assert(asked.length <= bound(50, 4));
    });

    it('limit lowered on the way', async () => {
      const items = list(90);
      const { ids } = await walk((page, index) => {
        const limit = index < 3 ? page.limit : Math.min(3, page.limit);
        return answerWith(items.slice(page.offset, page.offset + limit), { ...page, count: 90 });
      });
      assert.deepEqual(ids, numbers(90));
    });

    it('count missing', async () => {
      const items = list(35);
      const { ids, asked, mostUnderWay } = await walk(({ limit, offset }) =>
        answerWith(items.slice(offset, offset + limit)),
      );
      assert.deepEqual(ids, numbers(35));
      assert.equal(mostUnderWay, 1);
      assert(asked.length <= bound(35, 10));
    });

    it('everything at once, with no paging at all', async () => {
      const items = list(35);
      const { ids, error, pages } = await walk(() => answerWith(items));
      assert.deepEqual(ids, numbers(35));
      assert.equal(error, undefined);
      assert.equal(pages.at(-1)?.last, true);
    });

    it('offset beyond the count', async () => {
      const items = list(5);
      const { ids, pages } = await walk((page) => serve(items, page), { offset: 50 });
      assert.deepEqual(ids, []);
      assert.equal(pages.at(-1)?.last, true);
      assert.equal(pages.at(-1)?.incomplete, undefined);
    });

    it('more items for ever', async () => {
      let id = 0;
      const { pages, asked } = await walk(
        ({ limit, offset }) =>
          answerWith(
            Array.from({ length: limit }, () => ({ id: (id += 1) })),
            { limit, offset, count: offset + limit + 100 },
          ),
        { limit: 1, most: 1_000_000 },
      );
      assert.equal(pages.at(-1)?.incomplete, 'page-cap');
      assert(asked.length <= 10_010);
    });

    it('a page that fails for good', async () => {
      const items = list(100);
      const { error, ids, pages } = await walk((page) => {
        if (page.offset === 60) throw new FlespiError('FLESPI_SERVER_ERROR', { attempted: 'x', statusCode: 500 });
        return serve(items, page);
      });
      assert.equal(error?.code, 'FLESPI_SERVER_ERROR');
      assert.deepEqual(ids, numbers(60));
      assert(pages.every((page) => !page.last));
    });
  });

  describe('while items come and go', () => {
    it('never gives an item twice, and none that stayed is missed when some go', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 1, max: 5 }),
          fc.array(fc.tuple(fc.nat(8), fc.nat(60)), { maxLength: 2 }),
          async (limit, inFlight, removals) => {
            const items = list(60);
            const removed = new Set<number>();
            const { ids, error, pages } = await walk(
              (page, index) => {
                for (const [when, which] of removals) {
                  if (when !== index) continue;
                  for (const item of items.splice(which, 1)) removed.add(item.id);
                }
                return serve(items, page);
              },
              { limit, inFlight },
            );
            assert.equal(error, undefined);
            assert.equal(new Set(ids).size, ids.length);
            const missing = numbers(60).filter((id) => !ids.includes(id) && !removed.has(id));
            // Where the repairs are used up, it is said at least.
            if (pages.at(-1)?.incomplete !== 'drift') assert.deepEqual(missing, []);
            else assert(limit <= 2);
          },
        ),
        { numRuns: 300 },
      );
    });

    it('never gives an item twice when some come at the front, and tells the changed count', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 3 }),
          async (limit, inFlight, when, howMany) => {
            const items = list(60);
            const { ids, error, pages } = await walk(
              (page, index) => {
                if (index === when)
                  for (let extra = 0; extra < howMany; extra += 1) items.unshift({ id: 1000 + extra });
                return serve(items, page);
              },
              { limit, inFlight },
            );
            assert.equal(error, undefined);
            assert.equal(new Set(ids).size, ids.length);
            assert.deepEqual(
              ids.filter((id) => id < 1000),
              numbers(60),
            );
            const changes = pages.filter((page) => page.countChanged);
            assert.deepEqual(changes[0]?.countChanged, { from: 60, to: 60 + howMany });
          },
        ),
        { numRuns: 300 },
      );
    });

    it('gives those that come at the end', async () => {
      const items = list(25);
      const { ids } = await walk((page, index) => {
        if (index === 2) items.push({ id: 26 }, { id: 27 }, { id: 28 }, { id: 29 }, { id: 30 }, { id: 31 });
        return serve(items, page);
      });
      assert.deepEqual(ids, numbers(31));
    });

    it('ends when all go', async () => {
      const items = list(60);
      const { error, pages } = await walk((page, index) => {
        if (index === 3) items.length = 0;
        return serve(items, page);
      });
      assert.equal(error, undefined);
      assert.equal(pages.at(-1)?.last, true);
    });
  });
});

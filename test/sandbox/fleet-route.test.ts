import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { blocksBetween, cityGrid, east, north, placeOf, regionGrid } from '../../sandbox/fleet/road-grid';
import { sequence } from '../../sandbox/fleet/random';
import { isPossible, routeBetween } from '../../sandbox/fleet/route';
import { durationOf, driveAt, speedProfile } from '../../sandbox/fleet/speed-profile';
import { driveTrip, motionAt } from '../../sandbox/fleet/trip';
import { metresBetween } from './metres-between';

const crossing = fc.record({ x: fc.integer({ min: -14, max: 14 }), y: fc.integer({ min: -14, max: 14 }) });
const journeys = fc
  .record({ from: crossing, to: crossing, detour: fc.nat(60), seed: fc.integer() })
  .map(({ from, to, detour, seed }) => ({
    from,
    to,
    blocks: blocksBetween(from.x, from.y, to.x, to.y) + 2 * detour,
    seed,
  }))
  .filter(({ from, to, blocks }) => blocks > 0 && isPossible(from, to, blocks));
const grids = fc.constantFrom(cityGrid, regionGrid);

describe('fleet: route', () => {
  it('arrives after exactly the blocks it was given, and never turns round', () => {
    fc.assert(
      fc.property(grids, journeys, (grid, { from, to, blocks, seed }) => {
        const route = routeBetween(grid, from, to, blocks, sequence(seed));
        let { x, y } = from;
        for (const direction of route) {
          x += east[direction] ?? NaN;
          y += north[direction] ?? NaN;
        }
        assert.deepEqual({ x, y, blocks: route.length }, { ...to, blocks });
        for (const [index, direction] of route.slice(1).entries()) {
          assert.notEqual((direction + 2) & 3, route[index], `block ${index + 1} goes back`);
        }
      }),
    );
  });

  for (const [why, to, blocks] of [
    ['too short', { x: 3, y: 0 }, 1],
    ['odd where even is needed', { x: 2, y: 0 }, 3],
    ['a round trip of two blocks', { x: 0, y: 0 }, 2],
  ] as const) {
    it(`refuses a way that does not exist: ${why}`, () => {
      assert.throws(() => routeBetween(cityGrid, { x: 0, y: 0 }, to, blocks, sequence(1)), RangeError);
    });
  }
});

describe('fleet: speed profile', () => {
  it('covers its length, keeps to the limit, and ends with the speed that was asked for', () => {
    const speed = fc.double({ min: 0, max: 9, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 250, max: 5000 }),
        speed,
        speed,
        fc.double({ min: 10, max: 25, noNaN: true }),
        (length, entry, exit, limit) => {
          const profile = speedProfile(length, entry, exit, limit, 1.3, 1.9);
          const end = driveAt(profile, durationOf(profile));
          assert.ok(Math.abs(end.distance - length) < 1e-6 * length, `${end.distance} of ${length}`);
          assert.ok(Math.abs(end.speed - exit) < 1e-6);
          assert.ok(profile.top <= limit + 1e-9);
        },
      ),
    );
  });
});

describe('fleet: trip', () => {
  const style = { pace: 0.92, harsh: 0.1 };

  it('ends in the time that the day plan keeps for it', () => {
    fc.assert(
      fc.property(grids, journeys, (grid, journey) => {
        const { duration } = driveTrip(grid, journey, style);
        assert.ok(duration <= journey.blocks * grid.pace + 30, `${duration} s for ${journey.blocks} blocks`);
      }),
      { numRuns: 500 },
    );
  });

  it('moves as fast as it says, and not at all at red lights', () => {
    fc.assert(
      fc.property(grids, journeys, (grid, journey) => {
        const trip = driveTrip(grid, journey, style);
        let before = motionAt(grid, trip, 0);
        for (let second = 1; second <= trip.duration + 2; second += 1) {
          const now = motionAt(grid, trip, second);
          const driven = now.driven - before.driven;
          const expected = (now.speed + before.speed) / 2;
          assert.ok(Math.abs(driven - expected) < 3, `${driven} m in a second at ${before.speed} to ${now.speed} m/s`);
          const metres = metresBetween(placeOf(grid, before.x, before.y), placeOf(grid, now.x, now.y));
          assert.ok(metres <= driven * 1.015 + 0.01, `${metres} m of ${driven}`);
          before = now;
        }
        assert.equal(before.driven, journey.blocks * grid.block);
      }),
      { numRuns: 30 },
    );
  });
});

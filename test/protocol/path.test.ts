import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { buildPath, readablePath, slotsOf } from '../../nodes/protocol/path';
import type { Selector } from '../../nodes/protocol/selector';

const built: [string, Selector[], string][] = [
  ['gw/devices', [], 'gw/devices'],
  ['/gw/devices/', [], 'gw/devices'],
  ['gw/devices/:devices', [{ kind: 'all' }], 'gw/devices/all'],
  [
    'gw/devices/:devices/telemetry/:parameters',
    [{ kind: 'ids', ids: [1, 2] }, { kind: 'all' }],
    'gw/devices/1,2/telemetry/all',
  ],
  ['gw/devices/all/telemetry/position,din', [], 'gw/devices/all/telemetry/position,din'],
  ['gw/devices/name=what?/logs', [], 'gw/devices/name=what%3F/logs'],
  ['gw/devices/{id==1 || id==2}', [], 'gw/devices/%7Bid==1%20%7C%7C%20id==2%7D'],
  ['future/things/:things', [{ kind: 'raw', text: 'a/../b' }], 'future/things/a%2F..%2Fb'],
];

const refused: [string, Selector[], string][] = [
  ['', [], 'empty'],
  ['/', [], 'empty'],
  ['gw//devices', [], 'empty-segment'],
  ['//evil.test/gw', [], 'empty-segment'],
  ['https://evil.test/gw/devices', [], 'address'],
  ['\\\\evil.test\\gw', [], 'backslash'],
  ['/\\evil.test/gw', [], 'backslash'],
  ['gw/devices/%2e%2e/x', [], 'encoded'],
  ['gw/devices/%7Bid%7D', [], 'encoded'],
  ['gw/devices?limit=1', [], 'query'],
  ['gw/devices#x', [], 'query'],
  ['gw/devices/{a/b}', [], 'brace'],
  ['gw/devices/:', [], 'slot-name'],
  ['gw/devices/:1', [], 'slot-name'],
  ['gw/devices/:devices', [], 'slots'],
  ['gw/devices', [{ kind: 'all' }], 'slots'],
];

function failure(run: () => unknown): FlespiError {
  try {
    run();
  } catch (error) {
    assert(error instanceof FlespiError);
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

describe('path', () => {
  for (const [template, selectors, path] of built) {
    it(`builds ${path}`, () => assert.equal(buildPath(template, selectors), path));
  }

  for (const [template, selectors, problem] of refused) {
    it(`refuses ${template || 'nothing'}: ${problem}`, () => {
      const error = failure(() => buildPath(template, selectors));
      assert.equal(error.code, 'FLESPI_BAD_PATH');
      assert.equal(error.params['problem'], problem);
    });
  }

  for (const template of ['gw/..', 'gw/./devices', '..', 'gw/devices/../../platform/tokens']) {
    it(`does not climb: ${template}`, () => {
      assert.equal(failure(() => buildPath(template, [])).params['problem'], 'leaves-path');
    });
  }

  it('names the slot of a bad selector', () => {
    const error = failure(() =>
      buildPath('gw/devices/:devices/telemetry/:parameters', [{ kind: 'all' }, { kind: 'raw', text: '..' }]),
    );
    assert.equal(error.code, 'FLESPI_BAD_SELECTOR');
    assert.equal(error.params['slot'], 'parameters');
  });

  it('lists the slots in order', () => {
    assert.deepEqual(slotsOf('gw/calcs/:calcs/devices/:devices/intervals/:intervals'), [
      'calcs',
      'devices',
      'intervals',
    ]);
    assert.deepEqual(slotsOf('gw/devices'), []);
  });

  it('stays under its origin, whatever template and selectors are', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('.', '/', '\\', '%', '2', 'e', ':', '@', '?', '#', 'a', '{', '}', ' ', '\t'),
    });
    fc.assert(
      fc.property(nasty, fc.array(nasty, { maxLength: 3 }), (template, texts) => {
        let path: string;
        try {
          path = buildPath(
            template,
            texts.map((text) => ({ kind: 'raw', text })),
          );
        } catch (error) {
          assert(error instanceof FlespiError);
          return;
        }
        for (const url of [new URL(`/${path}`, 'https://flespi.invalid'), new URL(`https://flespi.invalid/${path}`)]) {
          assert.equal(url.host, 'flespi.invalid');
          assert.equal(url.pathname, `/${path}`);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('shows paths decoded and cut, and no token', () => {
    assert.equal(readablePath('gw/devices/name=My%20tracker'), 'gw/devices/name=My tracker');
    assert(readablePath(`gw/devices/${'1,'.repeat(500)}1`).length <= 160);
    assert.equal(readablePath(`platform/tokens/${'aB3'.repeat(22)}`), 'platform/tokens/***');
  });
});

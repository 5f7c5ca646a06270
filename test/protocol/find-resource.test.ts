import assert from 'node:assert/strict';
import { catalogue } from '../../nodes/protocol/catalogue';
import { findResource, nearestResource, parametersOf } from '../../nodes/protocol/find-resource';
import { slotsOf } from '../../nodes/protocol/path';

describe('catalogue', () => {
  it('names every path once, with methods and slots that can be used', () => {
    const templates = catalogue.map(({ template }) => template);
    assert.deepEqual(
      templates.filter((template, index) => templates.indexOf(template) !== index),
      [],
    );
    for (const { template, methods } of catalogue) {
      assert(methods.length > 0, template);
      assert.equal(new Set(methods).size, methods.length, template);
      const slots = slotsOf(template);
      assert.equal(new Set(slots).size, slots.length, template);
    }
  });

  it('shows bodies that are JSON', () => {
    for (const { bodyHint } of catalogue) if (bodyHint !== undefined) JSON.parse(bodyHint);
  });
});

describe('findResource', () => {
  const found: [string, string | undefined][] = [
    ['gw/devices/:devices', 'gw/devices/:devices'],
    ['gw/devices/:anything', 'gw/devices/:devices'],
    ['gw/devices/all', 'gw/devices/:devices'],
    ['/gw/devices/1,2/telemetry/all', 'gw/devices/:devices/telemetry/:parameters'],
    ['gw/calcs/:c/devices/:d/intervals/calculate', 'gw/calcs/:calcs/devices/:devices/intervals/calculate'],
    ['gw/calcs/:c/devices/:d/intervals/:i', 'gw/calcs/:calcs/devices/:devices/intervals/:intervals'],
    ['gw/devices', 'gw/devices'],
    ['gw/device/:devices', undefined],
    ['', undefined],
  ];
  for (const [path, template] of found)
    it(`${path || 'nothing'} is ${template}`, () => assert.equal(findResource(path)?.template, template));
});

describe('parametersOf', () => {
  const families: [string, string][] = [
    ['gw/devices/:devices', 'collection'],
    ['gw/devices/:devices/messages', 'messages'],
    ['gw/devices/:devices/logs', 'logs'],
    ['gw/calcs/:calcs/devices/:devices/intervals/:intervals', 'intervals'],
    ['gw/assets/:assets/intervals', 'intervals'],
    ['storage/containers/:containers/messages', 'container'],
    ['gw/devices/:devices/commands-result', 'commands-result'],
    ['gw/devices/:devices/telemetry/:parameters', 'none'],
    ['gw/devices', 'none'],
    // Not in the catalogue: by their last words.
    ['future/things/:things', 'collection'],
    ['future/things/:things/logs', 'logs'],
    ['future/containers/:c/messages', 'container'],
    ['future/things/:things/messages', 'messages'],
    ['future/things/:things/intervals/:intervals', 'intervals'],
    ['future/things', 'none'],
  ];
  for (const [path, family] of families) it(`${path}: ${family}`, () => assert.equal(parametersOf(path), family));
});

describe('nearestResource', () => {
  const meant: [string, string | undefined][] = [
    ['gw/device/:devices', 'gw/devices/:devices'],
    ['gw/Devices/all', 'gw/devices/:devices'],
    ['gw/devices/:devices/telemetry', 'gw/devices/:devices/telemetry/:parameters'],
    ['gw/devices/:devices/setings/all', 'gw/devices/:devices/settings/:settings'],
    ['gw/devices/123/comands', 'gw/devices/:devices/commands'],
    ['devices/:devices/messages', 'gw/devices/:devices/messages'],
    ['gw/containers/:containers', 'storage/containers/:containers'],
    ['platform/subacounts/:subaccounts', 'platform/subaccounts/:subaccounts'],
    ['v1/api/fleet/list', undefined],
    ['x', undefined],
  ];
  for (const [path, template] of meant)
    it(`${path} probably means ${template}`, () => assert.equal(nearestResource(path)?.template, template));

  it('prefers what has the method', () => {
    assert.equal(nearestResource('gw/devic', 'POST')?.template, 'gw/devices');
  });

  it('takes its time for nothing', () => {
    const began = performance.now();
    nearestResource(`${'a'.repeat(2000)}/`.repeat(50), 'GET');
    assert(performance.now() - began < 1000);
  });
});

import assert from 'node:assert/strict';
import type { Selector } from '../../nodes/protocol/selector';
import { selectsAll } from '../../nodes/protocol/selects-all';

const all: Selector[] = [
  { kind: 'all' },
  { kind: 'ids', ids: ['all'] },
  { kind: 'ids', ids: [1, ' ALL '] },
  { kind: 'raw', text: 'all' },
  { kind: 'raw', text: ' All ' },
  { kind: 'raw', text: '1,all' },
  { kind: 'raw', text: 'id=*' },
  { kind: 'raw', text: 'name==**' },
  { kind: 'raw', text: 'id=*,name=*' },
  { kind: 'field', field: 'name', value: '*' },
  { kind: 'expression', expression: 'true' },
  { kind: 'expression', expression: '{1==1}' },
  { kind: 'expression', expression: '{id > 0}' },
  { kind: 'expression', expression: '{id}' },
  { kind: 'expression', expression: '{exists("id")}' },
  { kind: 'expression', expression: '{name ~ "*"}' },
  { kind: 'expression', expression: '{enabled || not(enabled)}' },
  { kind: 'raw', text: '{true}' },
  { kind: 'raw', text: '{ id != -1 }' },
];

const some: Selector[] = [
  { kind: 'ids', ids: [1, 2] },
  { kind: 'group', id: 5 },
  { kind: 'field', field: 'name', value: 'all' },
  { kind: 'field', field: 'name', value: 'Van*' },
  { kind: 'raw', text: 'name=*,enabled=true' },
  { kind: 'raw', text: '1,2' },
  { kind: 'raw', text: 'position.speed' },
  { kind: 'expression', expression: 'enabled == true' },
  { kind: 'expression', expression: 'enabled' },
  { kind: 'expression', expression: 'cid=123 || cid=456' },
  { kind: 'expression', expression: 'name ~ "*test*"' },
  { kind: 'expression', expression: 'last_active < (now() - 86400)' },
  { kind: 'expression', expression: 'false' },
];

describe('selectsAll', () => {
  for (const selector of all) {
    it(`${JSON.stringify(selector)} takes everything`, () => assert.equal(selectsAll(selector), true));
  }
  for (const selector of some) {
    it(`${JSON.stringify(selector)} does not`, () => assert.equal(selectsAll(selector), false));
  }
});

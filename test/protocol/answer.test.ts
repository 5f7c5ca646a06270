import assert from 'node:assert/strict';
import { attemptOf, judgeAnswer } from '../../nodes/protocol/answer';
import type { WireAnswer, WireCall } from '../../nodes/protocol/call';
import { FlespiError } from '../../nodes/protocol/flespi-error';

const call: WireCall = { method: 'GET', path: 'gw/devices/all', query: 'fields=id' };

function answer(statusCode: number, body: unknown, headers: WireAnswer['headers'] = {}): WireAnswer {
  return { statusCode, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

function failure(given: WireAnswer, asked = call, template?: string): FlespiError {
  try {
    judgeAnswer(given, asked, template);
  } catch (error) {
    assert(error instanceof FlespiError);
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

describe('answer', () => {
  it('takes result, pagination and warnings out of the envelope', () => {
    const judged = judgeAnswer(
      answer(200, {
        result: [{ id: 1 }],
        pagination: { limit: 1, offset: 0, count: 2 },
        warnings: [{ reason: 'old' }],
      }),
      call,
    );
    assert.deepEqual(judged.result, [{ id: 1 }]);
    assert.deepEqual(judged.pagination, { limit: 1, offset: 0, count: 2 });
    assert.deepEqual(judged.warnings, [{ reason: 'old' }]);
    assert.equal(judged.errors, undefined);
  });

  it('gives both halves of a partial success', () => {
    const judged = judgeAnswer(answer(200, { result: [{ id: 1 }], errors: [{ code: 2, reason: 'no', id: 2 }] }), call);
    assert.deepEqual(judged.result, [{ id: 1 }]);
    assert.deepEqual(judged.errors, [{ code: 2, reason: 'no', id: 2 }]);
  });

  it('calls errors without any result a failure, whatever the status', () => {
    const error = failure(answer(200, { result: [], errors: [{ code: 2, reason: 'no such device', id: 5 }] }));
    assert.equal(error.code, 'FLESPI_BAD_REQUEST');
    assert.deepEqual(error.params, { reason: 'no such device', more: 0, id: 5 });
    assert.equal(failure(answer(200, { result: [], errors: [{ code: 3, reason: 'acl' }] })).code, 'FLESPI_FORBIDDEN');
    assert.equal(failure(answer(200, { errors: [{ code: 404, reason: 'gone' }] })).code, 'FLESPI_NOT_FOUND');
  });

  const statuses: [number, unknown, string][] = [
    [400, { errors: [{ code: 2, reason: 'x' }] }, 'FLESPI_BAD_REQUEST'],
    [401, { errors: [{ code: 1, reason: 'x' }] }, 'FLESPI_UNAUTHORIZED'],
    [401, 'Unauthorized', 'FLESPI_UNAUTHORIZED'],
    [403, { result: [], errors: [{ code: 3, reason: 'action is not permitted by ACL' }] }, 'FLESPI_FORBIDDEN'],
    [404, { errors: [{ code: 404, reason: 'not found' }] }, 'FLESPI_NOT_FOUND'],
    [404, 'Not Found', 'FLESPI_NO_SUCH_PATH'],
    [404, '', 'FLESPI_NO_SUCH_PATH'],
    [405, 'Method Not Allowed', 'FLESPI_NO_SUCH_PATH'],
    [408, '', 'FLESPI_SERVER_ERROR'],
    [413, '', 'FLESPI_UNEXPECTED_STATUS'],
    [418, {}, 'FLESPI_UNEXPECTED_STATUS'],
    [429, { errors: [{ code: 2, reason: 'limit exceeded' }] }, 'FLESPI_RATE_LIMITED'],
    [500, '<html>', 'FLESPI_SERVER_ERROR'],
    [503, '', 'FLESPI_SERVER_ERROR'],
    [301, '', 'FLESPI_REDIRECTED'],
    [308, '', 'FLESPI_REDIRECTED'],
    [199, '', 'FLESPI_UNEXPECTED_STATUS'],
  ];
  for (const [status, body, code] of statuses) {
    it(`makes ${status} ${JSON.stringify(body)} ${code}`, () => {
      const error = failure(answer(status, body));
      assert.equal(error.code, code);
      assert.equal(error.statusCode, status);
      assert.equal(error.attempted, 'GET gw/devices/all');
    });
  }

  it('says where a redirect leads, without what may stand behind the host', () => {
    const error = failure(answer(302, '', { location: 'https://elsewhere.test/login?token=secret' }));
    assert.equal(error.params['to'], 'elsewhere.test');
    assert.equal(failure(answer(302, '', { location: '/login' })).params['to'], 'the same host');
    assert.equal(failure(answer(302, '')).params['to'], 'nowhere');
  });

  const hints: [unknown, string][] = [
    [{ errors: [{ code: 2, reason: 'unknown field', schema_hint: { fields: ['id', 'name'] } }] }, 'id, name'],
    [{ errors: [{ code: 2, reason: 'unknown field' }], schema_hint: ['id', 'name'] }, 'id, name'],
    [{ errors: [{ code: 2, reason: 'bad', schema_hint: 'an array of objects' }] }, 'an array of objects'],
    [{ errors: [{ code: 2, reason: 'bad', schema_hint: { type: 'array' } }] }, '{"type":"array"}'],
  ];
  for (const [body, hint] of hints) {
    it(`passes on the hint ${hint}`, () => assert.equal(failure(answer(400, body)).params['hint'], hint));
  }

  it('keeps the body and the reasons for the flow', () => {
    const body = {
      errors: [
        { code: 2, reason: 'a', column: 5 },
        { code: 2, reason: 'b' },
      ],
    };
    const error = failure(answer(400, body));
    assert.deepEqual(error.body, body);
    assert.equal(error.reasons.length, 2);
    assert.equal(error.params['column'], 5);
    assert.equal(error.params['more'], 1);
  });

  it('survives errors that are no objects', () => {
    assert.equal(failure(answer(400, { errors: ['plain'] })).params['reason'], 'plain');
    assert.equal(failure(answer(400, { errors: [{ code: 9 }] })).params['reason'], '{"code":9}');
    assert.equal(failure(answer(400, { errors: 'plain' })).code, 'FLESPI_BAD_REQUEST');
    assert.equal(failure(answer(400, 'null')).code, 'FLESPI_BAD_REQUEST');
  });

  const bodies: [string, string, string | undefined][] = [
    ['', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['  \n', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['{"result":[{"id":1},{"i', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['{"result":[{"id":1}', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['{"result":["\\', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['[', 'FLESPI_INCOMPLETE_ANSWER', undefined],
    ['<html></html>', 'FLESPI_BAD_ANSWER', 'not-json'],
    ['{"result":[1]} trailing', 'FLESPI_BAD_ANSWER', 'not-json'],
    ['{"result":[1],}', 'FLESPI_BAD_ANSWER', 'not-json'],
    [`{"result":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'FLESPI_BAD_ANSWER', 'too-deep'],
    [`{"result":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`, 'FLESPI_BAD_ANSWER', 'too-deep'],
    [`{"result":${'[{"a":'.repeat(5000)}1${'}]'.repeat(5000)}}`, 'FLESPI_BAD_ANSWER', 'too-deep'],
  ];
  for (const [text, code, problem] of bodies) {
    it(`makes the body ${text.slice(0, 30)} ${code}`, () => {
      const error = failure(answer(200, text));
      assert.equal(error.code, code);
      assert.equal(error.params['problem'], problem);
    });
  }

  it('reads a body behind a byte order mark, an empty 204, and JSON without envelope', () => {
    assert.deepEqual(judgeAnswer(answer(200, '\uFEFF{"result":[1]}'), call).result, [1]);
    assert.deepEqual(judgeAnswer(answer(204, ''), call).result, []);
    assert.deepEqual(judgeAnswer(answer(200, { openapi: '3.0' }), call).result, { openapi: '3.0' });
    assert.deepEqual(judgeAnswer(answer(200, '{"result":1,"result":[2]}'), call).result, [2]);
  });

  it('takes deep but sane JSON, and brackets inside texts', () => {
    const deep = `{"result":[${'['.repeat(20)}${']'.repeat(20)},"${']'.repeat(5000)}"]}`;
    assert.equal((judgeAnswer(answer(200, deep), call).result as unknown[]).length, 2);
  });

  it('lets no answer change what all objects inherit', () => {
    const { result } = judgeAnswer(
      answer(200, '{"result":[{"__proto__":{"polluted":1}}],"__proto__":{"polluted":1}}'),
      call,
    );
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert(Array.isArray(result));
  });

  const paths: [string, string, Record<string, unknown>][] = [
    ['GET', 'gw/device/:devices', { didYouMean: 'gw/devices/:devices' }],
    ['GET', 'gw/devices/:devices/telemetry', { didYouMean: 'gw/devices/:devices/telemetry/:parameters' }],
    ['GET', 'gw/devices/:devices/mesages', { didYouMean: 'gw/devices/:devices/messages' }],
    ['GET', 'devices/:devices', { didYouMean: 'gw/devices/:devices' }],
    ['GET', 'gw/devices/123/message', { didYouMean: 'gw/devices/:devices/messages' }],
    ['GET', 'gw/calculators/:calcs', {}],
    ['GET', 'nothing/like/this/at/all', {}],
    ['GET', 'gw/devices/:devices/commands', { methods: 'POST' }],
    ['DELETE', 'gw/channel-protocols/:protocols', { methods: 'GET' }],
  ];
  for (const [method, template, hint] of paths) {
    it(`explains ${method} ${template}`, () => {
      const asked: WireCall = { ...call, method: method as WireCall['method'] };
      const { params } = failure(answer(404, 'Not Found'), asked, template);
      assert.deepEqual(params, { status: 404, ...hint });
    });
  }

  it('names what was attempted, without query', () => {
    assert.equal(attemptOf({ method: 'PUT', path: 'gw/devices/name=My%20van' }), 'PUT gw/devices/name=My van');
  });
});

import assert from 'node:assert/strict';
import { linkFailure } from '../../nodes/protocol/link-failure';

const address = 'mqtts://broker.test:8883';
const coded = (code: string, message = 'whatever'): Error => Object.assign(new Error(message), { code });

/** [what was thrown, problem]: texts of Node.js 20 and of mqtt.js 5.16. */
const cases: [Error, string][] = [
  [coded('ENOTFOUND', 'getaddrinfo ENOTFOUND broker.test'), 'no-host'],
  [coded('EAI_AGAIN'), 'no-dns'],
  [coded('ECONNREFUSED'), 'refused'],
  [coded('ECONNRESET'), 'reset'],
  [coded('ETIMEDOUT'), 'no-answer'],
  [coded('EHOSTUNREACH'), 'no-route'],
  [coded('CERT_HAS_EXPIRED'), 'expired'],
  [coded('CERT_NOT_YET_VALID'), 'not-yet'],
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'self-signed'],
  [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'unknown-ca'],
  [coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'unknown-ca'],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'name'],
  [coded('EPROTO', 'write EPROTO 00:error:0A00010B:SSL routines:ssl3_get_record:wrong version number'), 'not-tls'],
  [coded('EPROTO', 'write EPROTO: handshake failure'), 'tls'],
  [new Error('connack timeout'), 'no-connack'],
  [new Error('Keepalive timeout'), 'keepalive'],
  [new Error('Unexpected server response: 404'), 'not-mqtt'],
  [new Error('exceeding packets size publish: 9 bytes, maximumPacketSize is 8'), 'too-large'],
  [new AggregateError([coded('ECONNREFUSED'), coded('EHOSTUNREACH')]), 'refused'],
];

describe('linkFailure', () => {
  for (const [cause, problem] of cases) {
    it(`calls "${cause.message || cause.name}" ${problem}`, () => {
      const error = linkFailure({ address, cause, wasConnected: false });
      assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
      assert.equal(error.params['problem'], problem);
      assert.equal(error.params['address'], address);
      assert.equal(error.cause, cause);
    });
  }

  it('tells a link that was lost from one that never was, when nobody says why', () => {
    assert.equal(linkFailure({ address, wasConnected: true }).params['problem'], 'lost');
    assert.equal(linkFailure({ address, wasConnected: false }).params['problem'], 'closed');
  });

  it('takes what cannot be read for another protocol before CONNACK, for a fault of the broker after it', () => {
    const cause = new Error('Invalid header flag bits, must be 0x0 for connack packet');
    assert.equal(linkFailure({ address, cause, wasConnected: false, unreadable: true }).params['problem'], 'not-mqtt');
    assert.equal(linkFailure({ address, cause, wasConnected: true, unreadable: true }).params['problem'], 'protocol');
  });
});

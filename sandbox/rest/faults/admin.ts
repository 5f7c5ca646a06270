import type { Broker } from '../../broker/broker';
import type { BrokerFaults, Interruption } from '../../broker/broker-faults';
import { isObject } from '../../platform/check-fields';
import { badRequest } from '../../platform/rejection';
import { parseJson } from '../json-text';
import type { RequestLog } from '../request-log';
import type { RestAnswer } from '../rest-call';
import { parseFaults } from './rest-fault';
import type { RestFaults } from './rest-faults';

/** What can be switched from outside; only when the sandbox was started with `admin`. */
export interface AdminParts {
  rest: RestFaults;
  broker: Broker;
  log: RequestLog;
}

/**
 * `/sandbox/faults`: GET shows the faults of REST and MQTT, PUT puts the given ones in place, DELETE ends them all. PUT with
 * `interrupt` does something to MQTT connections at once. `/sandbox/requests` shows what came in over HTTP. Throws Rejections.
 */
export function admin({ rest, broker, log }: AdminParts, method: string, path: string, body: Uint8Array): RestAnswer {
  if (path === 'sandbox/requests' && method === 'GET') return answer({ result: log.requests });
  if (path === 'sandbox/requests' && method === 'DELETE') {
    log.clear();
    return answer({ result: [] });
  }
  if (path !== 'sandbox/faults') return { status: 404, headers: {}, body: 'Not found' };
  switch (method) {
    case 'GET':
      break;
    case 'PUT':
      put({ rest, broker, log }, parseJson(Buffer.from(body).toString('utf8'), 'body'));
      break;
    case 'DELETE':
      rest.clear();
      replace(broker.faults, {});
      break;
    default:
      return { status: 404, headers: {}, body: 'Not found' };
  }
  return answer({ rest: rest.list, mqtt: broker.faults });
}

function put({ rest, broker }: AdminParts, faults: unknown): void {
  if (!isObject(faults)) throw badRequest('expected {"rest":[..],"mqtt":{..},"interrupt":{..}}');
  const { rest: restFaults, mqtt, interrupt, ...others } = faults;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badRequest(`unknown field "${unknown}"`, { hint: ['rest', 'mqtt', 'interrupt'] });
  if (mqtt !== undefined && !isObject(mqtt)) throw badRequest('"mqtt" must be an object');
  if (interrupt !== undefined && !isObject(interrupt)) throw badRequest('"interrupt" must be an object');
  if (restFaults !== undefined) rest.set(parseFaults(restFaults));
  if (mqtt !== undefined) replace(broker.faults, mqtt);
  if (interrupt !== undefined) broker.interrupt(interrupt as unknown as Interruption);
}

/** The broker reads its faults from this one object. */
function replace(faults: BrokerFaults, next: BrokerFaults): void {
  for (const name of Object.keys(faults) as (keyof BrokerFaults)[]) delete faults[name];
  Object.assign(faults, next);
}

function answer(body: object): RestAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

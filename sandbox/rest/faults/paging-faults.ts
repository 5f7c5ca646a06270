import { isObject } from '../../platform/check-fields';
import type { RestAnswer, RestHandler } from '../rest-call';
import type { Effect } from './rest-faults';

/** Makes the answers of a handler lie about pages as the effect says. Only its paging members matter here. */
export function lieAboutPages(rest: RestHandler, effect: Effect): RestHandler {
  const { ignoreOffset, clampPage, lowerLimit, emptyFrom, omitCount, drifted } = effect;
  return async (call) => {
    const query = new URLSearchParams(call.query);
    if (!query.has('limit') && !query.has('offset')) return rest(call);
    const asked = Number(query.get('offset') ?? 0);
    if (ignoreOffset === true) query.set('offset', '0');
    else if (drifted !== 0) query.set('offset', String(Math.max(0, asked - drifted)));
    if (lowerLimit !== undefined && query.has('limit')) {
      query.set('limit', String(Math.min(lowerLimit, Number(query.get('limit')))));
    }
    let answer = await rest({ ...call, query: query.toString() });
    let page = pageOf(answer);
    if (!page) return answer;
    if (clampPage === true && page.result.length === 0 && page.pagination.count > 0) {
      query.set('offset', String(Math.max(0, page.pagination.count - page.pagination.limit)));
      answer = await rest({ ...call, query: query.toString() });
      page = pageOf(answer) ?? page;
    }
    const { result, pagination, ...others } = page;
    const { count, ...uncounted } = { ...pagination, offset: asked };
    const told = omitCount === true ? uncounted : { ...uncounted, count: Math.max(0, count + drifted) };
    const isEmpty = emptyFrom !== undefined && asked >= emptyFrom;
    return { ...answer, body: JSON.stringify({ ...others, result: isEmpty ? [] : result, pagination: told }) };
  };
}

interface PageBody {
  result: unknown[];
  pagination: { limit: number; offset: number; count: number };
}

function pageOf({ body }: RestAnswer): PageBody | undefined {
  const value: unknown = body.startsWith('{') ? JSON.parse(body) : undefined;
  return isObject(value) && isObject(value['pagination']) ? (value as unknown as PageBody) : undefined;
}

import { isInside, type Geometry } from '../../../nodes/protocol/expression';
import { isObject, type JsonObject } from '../../platform/check-fields';
import type { Item } from '../../platform/item';
import { badRequest } from '../../platform/rejection';
import type { Call, Outcome } from '../call';
import { collectionOf } from '../collections';
import { projection } from '../projection';
import { selectRows } from '../select-rows';

/** `gw/geofences/{}/hittest`: those of the selected geofences that a point is in. */
export function hitTest(call: Call): Outcome {
  const point = pointOf(call.query.data);
  const show = projection(call, collectionOf('gw/geofences'));
  const hits = selectRows(call).picked.filter(({ row }) => isInside(point, (row as Item)['geometry'] as Geometry));
  return { result: hits.map(({ row }) => show(row)) };
}

function pointOf(data: JsonObject): { lat: number; lon: number } {
  const { point } = data;
  const source = isObject(point) ? point : data;
  const lat = source['lat'] ?? source['latitude'];
  const lon = source['lon'] ?? source['lng'] ?? source['longitude'];
  if (typeof lat === 'number' && typeof lon === 'number') return { lat, lon };
  throw badRequest('"data" must hold a point: {"lat":..,"lon":..}');
}

/** `gw/streams/{}/messages`: the queue of a stream. Nothing is forwarded, so what goes in is only counted. */
export function streamMessages(call: Call): Outcome {
  return { result: selectRows(call).picked.map(({ row }) => ({ id: (row as Item).id })) };
}

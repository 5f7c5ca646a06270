import { MqttConnection } from '../../../nodes/protocol/mqtt-connection';
import type { Resident } from './overload';

/** Listens at the port of its first argument at the QoS of its second, and confirms so many messages per second. Tells `Resident`. */
const [port = '', qos = '', perSecond = ''] = process.argv.slice(2);
const connection = new MqttConnection({
  url: `mqtt://127.0.0.1:${port}`,
  token: () => 'bench',
  clientId: 'slow',
  clean: false,
});
const waiting: (() => void)[] = [];
let handled = 0;
const subscription = connection.subscribe(
  { filter: 'slow/+', qos: qos === '1' ? 1 : 0 },
  {
    confirms: { window: 100, deadline: 60_000 },
    message: (_delivery, confirm) => void (confirm && waiting.push(confirm)),
  },
);
const began = performance.now();
setInterval(() => {
  const due = ((performance.now() - began) / 1000) * Number(perSecond);
  for (const confirm of waiting.splice(0, Math.max(0, due - handled))) {
    confirm();
    handled += 1;
  }
  if (waiting.length === 0) handled = Math.max(handled, Math.floor(due));
}, 5);
setInterval(() => {
  const { held, bytes, dropped } = subscription.backlog;
  const told: Resident = { resident: process.memoryUsage().rss, held, bytes, dropped };
  process.send?.(told);
}, 200);
process.on('disconnect', () => process.exit());

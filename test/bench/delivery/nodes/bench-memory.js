const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

/**
 * `GET /bench/memory` collects the garbage and tells what is left: bytes of the heap and of the process, and how many listeners,
 * sockets and timers there are. As a node it takes `work` milliseconds for each message.
 */
module.exports = function (RED) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  let handled = 0;

  function BenchMemory(config) {
    RED.nodes.createNode(this, config);
    const work = Number(config.work ?? 0);
    this.on('input', (_msg, _send, done) => {
      const until = performance.now() + work;
      while (performance.now() < until);
      handled += 1;
      done();
    });
  }
  RED.nodes.registerType('bench-memory', BenchMemory);

  RED.httpAdmin.get('/bench/memory', async (_request, response) => {
    // What waits for the next turns is no leak.
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
    const resources = process.getActiveResourcesInfo();
    const numberOf = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
    response.json({
      heap: process.memoryUsage().heapUsed,
      listeners: numberOf(RED.events) + numberOf(process),
      sockets: resources.filter((name) => name === 'TCPSocketWrap').length,
      timers: resources.filter((name) => name === 'Timeout').length,
    });
  });

  RED.httpAdmin.get('/bench/resident', (_request, response) => {
    response.json({ resident: process.memoryUsage().rss, handled });
  });
};

const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

/**
 * `GET /bench/memory` collects the garbage and tells what is left: bytes of the heap and of the process, and how many listeners,
 * sockets and timers there are. As a node it is busy for `work` milliseconds with each message.
 */
module.exports = function (RED) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  function BenchMemory(config) {
    RED.nodes.createNode(this, config);
    const work = Number(config.work ?? 0);
    this.on('input', (_msg, _send, done) => {
      const until = performance.now() + work;
      while (performance.now() < until);
      done();
    });
  }
  RED.nodes.registerType('bench-memory', BenchMemory);

  /** Lets `perSecond` messages through, and keeps the others: what it has let through is done. */
  function BenchPace(config) {
    RED.nodes.createNode(this, config);
    const kept = [];
    let credit = 0;
    const timer = setInterval(() => {
      credit = Math.min(credit + Number(config.perSecond) / 100, 100);
      for (; credit >= 1 && kept.length > 0; credit -= 1) this.send(kept.shift());
    }, 10);
    this.on('input', (msg, _send, done) => {
      kept.push(msg);
      done();
    });
    this.on('close', () => clearInterval(timer));
  }
  RED.nodes.registerType('bench-pace', BenchPace);

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
    response.json({ resident: process.memoryUsage().rss });
  });
};

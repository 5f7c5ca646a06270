/**
 * Begins a run with an empty message and measures until the message that ends it has come back: wall time, CPU of the
 * whole process, items. `POST /bench/run` runs once and answers with the measures.
 */
module.exports = function (RED) {
  let probe;

  function BenchProbe(config) {
    RED.nodes.createNode(this, config);
    probe = this;
    let run;
    this.run = () =>
      new Promise((resolve, reject) => {
        run = { resolve, items: 0, began: performance.now(), cpu: process.cpuUsage() };
        run.timer = setTimeout(() => reject(new Error(`only ${run.items} items came`)), 60_000);
        this.send({ payload: '' });
      });
    this.on('input', (msg, _send, done) => {
      done();
      if (!run) return;
      run.items += Array.isArray(msg.payload) ? msg.payload.length : 1;
      if (!msg.complete) return;
      const { user, system } = process.cpuUsage(run.cpu);
      clearTimeout(run.timer);
      run.resolve({
        items: run.items,
        wall: performance.now() - run.began,
        cpu: (user + system) / 1000,
        // Kilobytes on Linux.
        peak: process.resourceUsage().maxRSS * 1024,
      });
      run = undefined;
    });
  }
  RED.nodes.registerType('bench-probe', BenchProbe);

  /** What Node-RED charges for sending so many messages, and nothing else. */
  function BenchSends(config) {
    RED.nodes.createNode(this, config);
    const count = Number(config.count);
    this.on('input', (_msg, send, done) => {
      for (let index = 1; index <= count; index += 1)
        send(index === count ? { payload: { id: index }, complete: true } : { payload: { id: index } });
      done();
    });
  }
  RED.nodes.registerType('bench-sends', BenchSends);

  RED.httpAdmin.post('/bench/run', (_request, response) => {
    probe.run().then(
      (measures) => response.json(measures),
      (error) => response.status(500).send(error.message),
    );
  });
};

/**
 * Makes calls: a message out is a request, a message in is an answer. `POST /bench/calls/N/at/C` makes N, C of them at a
 * time, and answers when all are back: wall time, CPU of the whole process, latencies.
 */
module.exports = function (RED) {
  let calls;
  let run;

  function BenchCalls(config) {
    RED.nodes.createNode(this, config);
    calls = this;
    const next = () => {
      run.sent += 1;
      this.send({ payload: '', began: performance.now() });
    };
    this.start = (count, atOnce) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`only ${run.latencies.length} answers came`)), 60_000);
        run = { count, sent: 0, latencies: [], began: performance.now(), cpu: process.cpuUsage(), resolve, late };
        for (let index = 0; index < Math.min(count, atOnce); index += 1) next();
      });
    this.on('input', (msg, _send, done) => {
      done();
      run.latencies.push(performance.now() - msg.began);
      if (!Array.isArray(msg.payload) || msg.payload.length === 0) throw new Error('an answer without items');
      if (run.sent < run.count) next();
      else if (run.latencies.length === run.count) finish();
    });
  }
  RED.nodes.registerType('bench-calls', BenchCalls);

  function finish() {
    const { user, system } = process.cpuUsage(run.cpu);
    clearTimeout(run.late);
    run.resolve({
      calls: run.count,
      wall: performance.now() - run.began,
      cpu: (user + system) / 1000,
      median: run.latencies.sort((left, right) => left - right)[run.latencies.length >> 1],
      // Kilobytes on Linux.
      peak: process.resourceUsage().maxRSS * 1024,
    });
  }

  RED.httpAdmin.post('/bench/calls/:count/at/:atOnce', (request, response) => {
    calls.start(Number(request.params.count), Number(request.params.atOnce)).then(
      (measures) => response.json(measures),
      (error) => response.status(500).send(error.message),
    );
  });
};

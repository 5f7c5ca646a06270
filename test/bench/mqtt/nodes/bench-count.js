/**
 * Counts messages, or what is in them when they are batches. `POST /bench/count/N` begins, `GET /bench/counted` answers when
 * N have come: wall time from the first message to the last, CPU of the whole process.
 */
module.exports = function (RED) {
  let wanted = 0;
  let count = 0;
  let cpu;
  let began;
  let finish;
  let measured;

  function BenchCount(config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, _send, done) => {
      if (count === 0) began = performance.now();
      count += Array.isArray(msg.payload) ? msg.payload.length : 1;
      if (count >= wanted && finish) {
        const { user, system } = process.cpuUsage(cpu);
        finish({
          messages: count,
          wall: performance.now() - began,
          cpu: (user + system) / 1000,
          // Kilobytes on Linux.
          peak: process.resourceUsage().maxRSS * 1024,
        });
        finish = undefined;
      }
      done();
    });
  }
  RED.nodes.registerType('bench-count', BenchCount);

  RED.httpAdmin.post('/bench/count/:wanted', (request, response) => {
    wanted = Number(request.params.wanted);
    count = 0;
    cpu = process.cpuUsage();
    measured = new Promise((resolve) => {
      finish = resolve;
    });
    response.sendStatus(204);
  });

  RED.httpAdmin.get('/bench/counted', (_request, response) => {
    const late = setTimeout(() => response.status(500).send(`only ${count} of ${wanted} came`), 60_000);
    void measured.then((result) => {
      clearTimeout(late);
      response.json(result);
    });
  });
};

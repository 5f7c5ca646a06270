const { appendFileSync } = require('node:fs');

/** Writes a line for each message before it takes the next, so that the file is right even when the process is killed. */
module.exports = function (RED) {
  function RecordMessages(config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, _send, done) => {
      appendFileSync(process.env.RECORD_MESSAGES, `${JSON.stringify([config.name, msg.topic, msg.payload])}\n`);
      done();
    });
  }
  RED.nodes.registerType('record-messages', RecordMessages);
};

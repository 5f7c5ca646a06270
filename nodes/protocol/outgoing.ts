import { FlespiError } from './flespi-error';
import type { MqttLink } from './mqtt-link';
import { publishRefused } from './mqtt-refusal';
import { checkPublication, fitTo, type Publication } from './publication';

/** What this side publishes: checked, within the broker's limits, once. */
export class Outgoing {
  /** Of QoS 1, not acknowledged yet. */
  #unacknowledged = 0;

  constructor(private readonly protocolVersion: 4 | 5) {}

  /**
   * Resolves when it is written (QoS 0) or acknowledged (QoS 1). What is lost with the link is not sent again: a second time
   * might be one too many, and whoever asked is told.
   * @throws FlespiError `FLESPI_BAD_TOPIC`, `FLESPI_BAD_INPUT`, `FLESPI_PUBLISH_REFUSED`, `FLESPI_QUEUE_FULL`, `FLESPI_OUTCOME_UNKNOWN`
   */
  async send(link: MqttLink, publication: Publication): Promise<void> {
    checkPublication(publication);
    const attempted = `publish to ${publication.topic}`;
    const server = link.serverProperties;
    const { topic, payload, qos, retain, properties } = fitTo(server, publication, this.protocolVersion);
    if (qos === 1 && this.#unacknowledged >= (server.receiveMaximum ?? 65_535)) {
      throw new FlespiError('FLESPI_QUEUE_FULL', { attempted, params: { limit: this.#unacknowledged } });
    }
    this.#unacknowledged += qos;
    let code: number;
    try {
      code = await link.publish(topic, payload, { qos, retain, ...(properties && { properties }) });
    } catch (cause) {
      throw new FlespiError('FLESPI_OUTCOME_UNKNOWN', { attempted, cause });
    } finally {
      this.#unacknowledged -= qos;
    }
    if (code >= 0x80) throw publishRefused({ attempted, reasonCode: code });
  }
}

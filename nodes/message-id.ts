import { randomBytes } from 'node:crypto';

const thisProcess = randomBytes(4).toString('hex');
let made = 0;

/**
 * A `_msgid` for a new message, 16 hexadecimal digits like those that Node-RED gives to messages without one. Counted, not
 * drawn: sixteen random digits are a twentieth of all the work that a live message makes.
 */
export function messageId(): string {
  made = (made + 1) % 0x1_0000_0000;
  return thisProcess + made.toString(16).padStart(8, '0');
}

/** The vehicle has no connection, so nothing can be handed to it. */
export class OutOfContactError extends Error {
  override name = 'OutOfContactError';

  constructor(readonly deviceId: number) {
    super(`Device ${deviceId} is not connected`);
  }
}

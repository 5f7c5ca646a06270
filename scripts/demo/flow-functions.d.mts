/** What a function node has: the message, and the context of the flow. */
export interface FlowContext {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}
type FlowFunction = (msg: Record<string, unknown>, flow: FlowContext) => unknown;

export function prepare(flow: FlowContext): void;
export const keepDevices: FlowFunction;
export const countMessage: FlowFunction;
export const telemetryAsMessages: FlowFunction;
export const updateVehicles: FlowFunction;
export const noteContact: FlowFunction;
export const answerState: FlowFunction;
export const answerVehicles: FlowFunction;
export const answerTrails: FlowFunction;
export const whichVehicle: FlowFunction;
export const answerTelemetry: FlowFunction;
export const answerFailure: FlowFunction;
export const rememberError: FlowFunction;

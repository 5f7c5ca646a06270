/**
 * flespi's expression language: what stands in `{...}` selectors, in `filter` of messages and logs, and in `$filter/payload` and
 * `$filter/message` of MQTT topics (flespi KB "Expressions in flespi"). Runs in Node.js and in the browser; knows nothing of either.
 */
export { defaultAssumptions, fixedAssumptions, type Assumptions } from './assumptions';
export { compileExpression, referencesOf, type CompiledExpression } from './compile-expression';
export { evaluate, matches } from './evaluate';
export {
  EvaluationError,
  ExpressionError,
  expressionErrorCodes,
  type ErrorParams,
  type EvaluationErrorCode,
  type ExpressionErrorCode,
} from './expression-error';
export type { EvaluationContext, Geofence } from './function-definition';
export { analyticsFunctions, expressionFunctions, type ListedFunction } from './functions';
export { distanceBetween, isInside, type Geometry, type Point } from './geo';
export { tokensOf, type Token } from './lexer';
export { defaultLimits, parseExpression, type ParseOptions } from './parser';
export { printExpression } from './print-expression';
export { exists, lookUp, scopeOf, type Scope } from './scope';
export { walk, type Expression } from './syntax';
export type { JsonArray, JsonObject, Value } from './value';
export { compileWildcard, isPattern } from './wildcard';

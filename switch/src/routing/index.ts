export { RoutingError, type RoutingErrorCode } from './errors.ts';
export { decideRoute, type Route } from './route.ts';

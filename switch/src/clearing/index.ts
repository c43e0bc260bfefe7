export {
  type CloserOptions,
  type CycleCloser,
  createCycleCloser,
  toCycleNotifications,
} from './closing-service.ts';
export { type Carry, type Cycle, type CycleNet, cycleStateOf, dueOf } from './cycle.ts';
export { createCycleEndpoints, cycleIdOf } from './cycle-handlers.ts';
export { type CycleService, createCycleService, type SettledCycles } from './cycle-service.ts';
export { type CycleStore, createCycleStore } from './cycle-store.ts';
export { ClearingError, type ClearingErrorCode } from './errors.ts';
export { createClearingEndpoints } from './handlers.ts';
export { ledgerOf } from './position.ts';
export { createRounds, type Rounds } from './rounds-service.ts';
export { type ClearingService, createClearingService } from './service.ts';
export { createPositionStore } from './store.ts';

export { counterSlots, DECIDED_BY } from './counter-slots.ts';
export type { FunctionPlan, ReasonPlan, RuleSetPlan } from './function-plan.ts';
export { idlePlans } from './idle-plans.ts';
export { checkOverrides, overrideReasons, type ReasonOverride, type ReasonOverrides } from './override-reasons.ts';
export { planFunction } from './plan-function.ts';
export type { Generation, HiddenFields, IdlePlan, MapPlan, PlannedMapType, TablePlan } from './table-plan.ts';
export { unusedMaps } from './unused-maps.ts';

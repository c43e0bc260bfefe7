/** One step of a model: what happened, and the state after it. */
export interface Step<State> {
  readonly name: string;
  readonly next: State;
}

/** A model: where it starts, what can happen in a state, and what must hold there. */
export interface Model<State> {
  readonly initial: State;
  steps(state: State): readonly Step<State>[];
  /** Equal states have equal keys. */
  key(state: State): string;
  /** What is wrong in this state, in words. */
  wrongIn(state: State): string | undefined;
}

/** Every state that can be reached, and every step between them. */
export interface Explored<State> {
  readonly states: readonly State[];
  readonly stepCount: number;
  /** The first state found wrong, with the shortest way to it. */
  readonly violation: { readonly wrong: string; readonly trace: readonly string[] } | undefined;
  /** The shortest way to a state. */
  traceTo(index: number): readonly string[];
  /** States from which `isGoal` cannot be reached by the steps that `mayTake` names. */
  stuck(isGoal: (state: State) => boolean, mayTake: (name: string) => boolean): readonly number[];
}

/** Breadth first, so that the first violation has a shortest trace. */
export function explore<State>(model: Model<State>): Explored<State> {
  const graph = createGraph(model);
  for (let at = 0; at < graph.states.length; at += 1) {
    const state = graph.states[at] as State;
    const wrong = model.wrongIn(state);
    if (wrong !== undefined) {
      return toExplored(graph, { wrong, trace: traceTo(graph, at) });
    }
    for (const step of model.steps(state)) {
      graph.enter(at, step);
    }
  }
  return toExplored(graph, undefined);
}

interface Graph<State> {
  readonly states: State[];
  readonly parents: { readonly from: number; readonly name: string }[];
  readonly edges: { readonly from: number; readonly to: number; readonly name: string }[];
  enter(from: number, step: Step<State>): void;
}

function createGraph<State>(model: Model<State>): Graph<State> {
  const indexes = new Map<string, number>([[model.key(model.initial), 0]]);
  const states = [model.initial];
  const parents = [{ from: -1, name: 'start' }];
  const edges: { from: number; to: number; name: string }[] = [];
  return {
    states,
    parents,
    edges,
    enter(from, { name, next }) {
      const key = model.key(next);
      let to = indexes.get(key);
      if (to === undefined) {
        to = states.length;
        indexes.set(key, to);
        states.push(next);
        parents.push({ from, name });
      }
      edges.push({ from, to, name });
    },
  };
}

function traceTo<State>({ parents }: Graph<State>, index: number): readonly string[] {
  const trace: string[] = [];
  for (let at = index; at > 0; at = parents[at]?.from ?? 0) {
    trace.unshift(parents[at]?.name ?? '');
  }
  return trace;
}

function toExplored<State>(graph: Graph<State>, violation: Explored<State>['violation']): Explored<State> {
  return {
    states: graph.states,
    stepCount: graph.edges.length,
    violation,
    traceTo: (index) => traceTo(graph, index),
    stuck: (isGoal, mayTake) => findStuck(graph, isGoal, mayTake),
  };
}

/** Walks backwards from the goals; what is not met has no way there. */
function findStuck<State>(
  { states, edges }: Graph<State>,
  isGoal: (state: State) => boolean,
  mayTake: (name: string) => boolean,
): readonly number[] {
  const into = new Map<number, number[]>();
  for (const { from, to, name } of edges) {
    if (mayTake(name)) {
      const sources = into.get(to) ?? [];
      into.set(to, sources);
      sources.push(from);
    }
  }
  const open = states.flatMap((state, index) => (isGoal(state) ? [index] : []));
  const met = new Set(open);
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const from of into.get(index) ?? []) {
      if (!met.has(from)) {
        met.add(from);
        open.push(from);
      }
    }
  }
  return states.flatMap((_, index) => (met.has(index) ? [] : [index]));
}

// What can be said of a field of a request without any state: its range, its default, and what its refusal
// says. Rules are data: judge.ts applies them, docs/api/limits.md shows them, and a request whose type has a
// field without a rule does not compile (`FieldsOf`).

/** What a node is told at its start; rules name these instead of a number. */
export interface NodeLimits {
  /** ENGINE_MAX_PARTITIONS_PER_HEAP */
  readonly partitionsPerTopicMax: number;
  /** ENGINE_MAX_MESSAGE_SIZE, less what a delivered item carries beside its payload. */
  readonly payloadBytesMax: number;
  /** ENGINE_DEFAULT_VISIBILITY_TIMEOUT */
  readonly visibilityMs: number;
  /** DEFAULT_RF, or 3, or as many as there are nodes. */
  readonly replicationFactor: number;
}

export type Limit = number | keyof NodeLimits;

/** What it means to leave a field out: a value, something else in words, or that the request is refused. */
type Absent = { readonly default: Limit } | { readonly means: string } | "refused";

interface Named {
  /** As the public API calls the field. */
  readonly name: string;
  /** What bounds it beside the rule, in words: a matter of the topic's state. */
  readonly note?: string;
}

export interface WholeRule extends Named {
  readonly kind: "whole";
  readonly unit: "" | "ms" | "bytes";
  readonly min: number;
  readonly max: Limit;
  readonly absent: Absent;
  /** On the wire 0 cannot be told from nothing, so 0 is left out too. */
  readonly isZeroAbsent?: true;
  /** Less, though in range, is taken as this much. */
  readonly raisedTo?: number;
  /** More, though in range, is taken as this much. */
  readonly cutTo?: number;
  /** Follows the range in a refusal: what to do instead. */
  readonly advice?: string;
}

/** One half of a 64-bit integer; both halves have the name of the whole. */
export interface HalfRule extends Named {
  readonly kind: "half";
  readonly isHigh: boolean;
  readonly isSigned: boolean;
  readonly isZeroRefused?: true;
  readonly isOptional?: true;
}

export interface TextRule extends Named {
  readonly kind: "text";
  readonly form: RegExp;
  /** What the form is, in a refusal and on the page. */
  readonly says: string;
  /** Where it may be left out the empty text is as good as none, unless that is refused all the same. */
  readonly absent: { readonly means: string } | "refused";
  readonly isEmptyRefused?: true;
}

interface ChoiceRule extends Named {
  readonly kind: "choice";
  readonly among: readonly string[];
  readonly says: string;
  readonly default: string;
}

export interface BytesRule extends Named {
  readonly kind: "bytes";
  readonly max: Limit;
  readonly advice: string;
}

interface FlagRule extends Named {
  readonly kind: "flag";
  readonly default: boolean;
}

/** Any number of whole numbers. */
interface ListRule extends Named {
  readonly kind: "list";
  readonly min: number;
  readonly max: number;
  readonly means: string;
}

export type FieldRule =
  WholeRule | HalfRule | TextRule | ChoiceRule | BytesRule | FlagRule | ListRule;

export interface GroupRule<F = unknown> {
  readonly kind: "group";
  readonly fields: F;
  /** The same in the order in which they are judged. */
  readonly rows: readonly (readonly [string, FieldRule | GroupRule])[];
}

type RuleFor<T> = [T] extends [number]
  ? WholeRule | HalfRule
  : [T] extends [boolean]
    ? FlagRule
    : [T] extends [string]
      ? TextRule | ChoiceRule
      : [T] extends [Uint8Array]
        ? BytesRule
        : [T] extends [readonly number[]]
          ? ListRule
          : GroupRule;

/** A rule for each field of a request or of what it holds; `op` and the like name it and are no fields. */
export type FieldsOf<R> = {
  readonly [K in Exclude<keyof R, "op" | "kind" | "streamId">]-?: RuleFor<NonNullable<R[K]>>;
};

export function group<F extends object>(fields: F): GroupRule<F> {
  const rows: readonly (readonly [string, FieldRule | GroupRule])[] = Object.entries(fields);
  return { kind: "group", fields, rows };
}

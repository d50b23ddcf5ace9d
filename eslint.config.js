import tseslint from "typescript-eslint";

/** What the language or the platform offers that is not a function of the events (D-66). */
const impureGlobals = [
  ...[
    ["Date", "Never reads a clock: time arrives in events."],
    ["performance", "Never reads a clock: time arrives in events."],
    ["Intl", "Locale-dependent: not deterministic."],
    ["WeakRef", "Depends on garbage collection."],
    ["FinalizationRegistry", "Depends on garbage collection."],
    ["Promise", "Synchronous by law: no Promise here."],
    ["Atomics", "One thread by law."],
    ["SharedArrayBuffer", "One thread by law."],
    ["globalThis", "A way around this list."],
    ["global", "A way around this list."],
    ["eval", "A way around this list."],
    ["Function", "A way around this list; for a type, write its signature."],
    ["process", "The environment is passed in as a value."],
    ["console", "Observers are told; nothing is printed."],
    ["crypto", "Entropy is passed in as a seed."],
    ["fetch", "Effects are data; the ports carry them out."],
    ["Buffer", "Bytes are Uint8Array; utf8 and crc are passed in."],
    ["TextEncoder", "Bytes are Uint8Array; utf8 and crc are passed in."],
    ["TextDecoder", "Bytes are Uint8Array; utf8 and crc are passed in."],
  ].map(([name, message]) => ({ name, message })),
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask"].map((name) => ({
    name,
    message: "No timers: time arrives in events.",
  })),
];

const impureSyntax = [
  {
    selector: "CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]",
    message: "Pass a comparator: the default sort compares strings.",
  },
  {
    selector:
      "MemberExpression[object.name='Math'][computed=false]" +
      ":not([property.name=/^(abs|ceil|clz32|floor|imul|max|min|round|sign|trunc)$/])",
    message: "Not bit-exact or not deterministic: use integers.",
  },
  {
    selector:
      "MemberExpression[object.name='Math'][computed=true], :not(MemberExpression) > Identifier[name='Math']",
    message: "Name the function of Math where it is called, so that this list can be checked.",
  },
  {
    selector: "MemberExpression[property.name=/^(localeCompare|toLocale|normalize$)/]",
    message: "Depends on the locale or on the Unicode version.",
  },
  {
    selector: "AwaitExpression, ForOfStatement[await=true]",
    message: "Synchronous by law: no await here.",
  },
  { selector: ":function[async=true]", message: "Synchronous by law: no async here." },
  { selector: "ImportExpression", message: "Synchronous by law: no import() here." },
  { selector: "MetaProperty[meta.name='import']", message: "Knows nothing of where it runs." },
  {
    selector:
      "Program > VariableDeclaration[kind=/^(let|var)$/]," +
      " Program > ExportNamedDeclaration > VariableDeclaration[kind=/^(let|var)$/]," +
      " PropertyDefinition[static=true][readonly!=true]",
    message: "No module-level state: state lives in the machine.",
  },
  {
    selector:
      "Program > VariableDeclaration > VariableDeclarator[id.typeAnnotation=undefined] >" +
      " NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/]",
    message: "No module-level state: a table that never changes is a ReadonlyMap or ReadonlySet.",
  },
];

const keyOrder = {
  selector: "ForInStatement",
  message: "Order of keys: integer-like ones come first. Iterate over an array or a Map.",
};

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/node_modules/**",
      "proto/src/gen/**",
      "reports/out/**",
      "**/*.mjs",
      "**/*.cjs",
      "**/bin/*.js",
      "eslint.config.js",
      "vitest.config.ts",
      "data*/**",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
    },
  },
  {
    files: [
      "core/src/**/*.ts",
      "io/src/{turn,carrier}/**/*.ts",
      "io/src/ports.ts",
      "sim/src/{world,plan,run,workload,oracle}/**/*.ts",
    ],
    rules: {
      "no-restricted-globals": ["error", ...impureGlobals],
      "no-restricted-syntax": ["error", ...impureSyntax],
    },
  },
  {
    files: ["core/src/**/*.ts", "io/src/{turn,carrier}/**/*.ts", "io/src/ports.ts"],
    rules: { "no-restricted-syntax": ["error", ...impureSyntax, keyOrder] },
  },
  // Tests are type-checked by `tsc -p tsconfig.test.json`; here they get the rules that need no types.
  {
    files: ["*/test/**/*.ts", "clients/*/test/**/*.ts", "test/*/test/**/*.ts", "tools/**/*.ts"],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ["*/test/**/*.ts", "clients/*/test/**/*.ts", "test/*/test/**/*.ts", "tools/**/*.ts"],
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      "@typescript-eslint/explicit-module-boundary-types": "off",
      "@typescript-eslint/switch-exhaustiveness-check": "off",
      "@typescript-eslint/no-floating-promises": "off",
    },
  },
);

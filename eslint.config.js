import tseslint from "typescript-eslint";

const noClock = [
  { name: "Date", message: "core/ never reads a clock: time arrives in events." },
  { name: "Intl", message: "Locale-dependent: not deterministic." },
  { name: "WeakRef", message: "Depends on garbage collection." },
  { name: "FinalizationRegistry", message: "Depends on garbage collection." },
];
const pureSyntax = [
  {
    selector: "CallExpression[callee.property.name='sort'][arguments.length=0]",
    message: "Pass a comparator: the default sort compares strings.",
  },
  {
    selector:
      "MemberExpression[object.name='Math'][property.name=/^(random|sin|cos|tan|log|log2|log10|exp|pow)$/]",
    message: "Not bit-exact or not deterministic: use integers.",
  },
  { selector: "MemberExpression[property.name='localeCompare']", message: "Locale-dependent." },
  {
    selector: "AwaitExpression, ForOfStatement[await=true]",
    message: "Synchronous by law: no await here.",
  },
  { selector: ":function[async=true]", message: "Synchronous by law: no async here." },
  {
    selector: "NewExpression[callee.name='Promise']",
    message: "Synchronous by law: no Promise here.",
  },
  {
    selector:
      "Program > VariableDeclaration[kind='let'], Program > ExportNamedDeclaration > VariableDeclaration[kind='let']",
    message: "No module-level state: state lives in the machine.",
  },
];

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
      "@typescript-eslint/prefer-promise-reject-errors": "off",
    },
  },
  {
    files: ["core/src/**/*.ts", "io/src/turn/**/*.ts", "io/src/ports.ts"],
    rules: {
      "no-restricted-globals": ["error", ...noClock],
      "no-restricted-syntax": ["error", ...pureSyntax],
    },
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
